using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Web;

/// <summary>Runs the check of a policy before an endpoint.</summary>
internal static class EndpointGuards
{
    /// <summary>
    /// Wraps the endpoint. An endpoint filter would run after the body was bound: the body of a caller without a key would be parsed, and
    /// the caller would get 400 instead of 401. A middleware is not bound to the endpoint, so a process could lack it.
    /// </summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="refuse">Returns the response that replaces that of the endpoint; null if the endpoint may run.</param>
    public static void Guard(this EndpointBuilder endpoint, Func<HttpContext, IResult?> refuse) =>
        endpoint.Guard(context => ValueTask.FromResult(refuse(context)));

    /// <inheritdoc cref="Guard(EndpointBuilder, Func{HttpContext, IResult?})"/>
    public static void Guard(this EndpointBuilder endpoint, Func<HttpContext, ValueTask<IResult?>> refuse)
    {
        var next = endpoint.RequestDelegate ?? throw new InvalidOperationException(
            $"{endpoint.DisplayName} has no request delegate to guard.");
        endpoint.RequestDelegate = async context =>
            await (await refuse(context) is { } refusal ? refusal.ExecuteAsync(context) : next(context));
    }
}
