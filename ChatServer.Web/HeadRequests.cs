using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ChatServer.Web;

/// <summary>HEAD on every path with a GET, as RFC 9110 requires of every server.</summary>
public static class HeadRequests
{
    /// <summary>
    /// Routes a HEAD request to the endpoint for GET. Kestrel sends the header of the response without the body, because it remembers the
    /// method that it received. Not for a service that forwards requests: the service behind it would receive a GET.
    /// </summary>
    /// <remarks>Here and not at each endpoint, so that a new endpoint cannot lack it.</remarks>
    public static void UseHeadRequests(this WebApplication app)
    {
        app.Use((context, next) =>
        {
            var isHead = HttpMethods.IsHead(context.Request.Method);
            if (isHead) context.Request.Method = HttpMethods.Get;
            return isHead || !HttpMethods.IsGet(context.Request.Method) ? RouteAsync(context, next) : next(context);
        });
        // After the method was replaced. Otherwise the framework adds it as the first middleware.
        app.UseRouting();
    }

    private static async Task RouteAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.Response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false } response
            && response.Headers.Allow is [var allow] && allow?.Split(", ") is { } methods
            && methods.Contains(HttpMethods.Get) && !methods.Contains(HttpMethods.Head))
            response.Headers.Allow = new StringValues($"{allow}, {HttpMethods.Head}");
    }
}
