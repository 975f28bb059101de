using System.Globalization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Web;

/// <summary>Problems for exceptions that are conditions and not defects, for example an unavailable dependency.</summary>
public static class ProblemHandlers
{
    /// <summary>Expected duration of a loss of Redis: callers are asked to wait this long.</summary>
    public static readonly TimeSpan RedisRetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>Answers <c>503</c> with <paramref name="code"/> if a call throws <typeparamref name="TException"/>.</summary>
    /// <param name="services">The services of the process.</param>
    /// <param name="code">One of <see cref="Contracts.ErrorCodes"/>.</param>
    /// <param name="retryAfter">How long callers are asked to wait; rounded up to whole seconds.</param>
    public static IServiceCollection AddUnavailable<TException>(this IServiceCollection services, string code, TimeSpan retryAfter)
        where TException : Exception =>
        services.AddSingleton<IExceptionHandler>(new UnavailableHandler<TException>(code, retryAfter));

    /// <summary>Asks the caller to wait. Every 503 has this header.</summary>
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
