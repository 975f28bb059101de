using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Web;

/// <summary>Wordings for exceptions that are conditions and not defects: a dependency that is away, say.</summary>
public static class ProblemHandlers
{
    /// <summary>Answers <c>503</c> with <paramref name="code"/> wherever a call ends in <typeparamref name="TException"/>.</summary>
    /// <param name="services">The services of the process.</param>
    /// <param name="code">What scripts see.</param>
    /// <param name="retryAfter">When a caller had better come back; whole seconds.</param>
    public static IServiceCollection AddUnavailable<TException>(this IServiceCollection services, string code, TimeSpan retryAfter)
        where TException : Exception =>
        services.AddSingleton<IExceptionHandler>(new UnavailableHandler<TException>(code, retryAfter));

    /// <summary>Tells the caller when to come back. Goes with every 503 of ours.</summary>
    public static void RetryAfter(this HttpResponse response, TimeSpan delay) =>
        response.Headers.RetryAfter = ((int)Math.Ceiling(delay.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    private sealed class UnavailableHandler<TException>(string code, TimeSpan retryAfter) : IExceptionHandler where TException : Exception
    {
        public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
        {
            if (exception is not TException) return false;
            context.Response.RetryAfter(retryAfter);
            await Problems.Of(StatusCodes.Status503ServiceUnavailable, code, exception.Message).ExecuteAsync(context);
            return true;
        }
    }
}
