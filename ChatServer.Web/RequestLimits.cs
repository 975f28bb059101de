using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ChatServer.Web;

/// <summary>
/// Limits of the request line and the headers. Kestrel refuses what it cannot parse before any code of the process runs, and without a
/// body. Its own limits are therefore <see cref="ParserFactor"/> times as high, and the middleware answers a problem up to there.
/// </summary>
public static class RequestLimits
{
    /// <summary>Bytes of a path with its query; the default of Kestrel. A query with a token and a session needs 2 KiB.</summary>
    private const int MaxTargetBytes = 8 * 1024;

    /// <summary>Bytes of all header fields; the default of Kestrel.</summary>
    private const int MaxHeadersBytes = 32 * 1024;

    /// <summary>Number of header fields; the default of Kestrel.</summary>
    private const int MaxHeaders = 100;

    private const int ParserFactor = 4;

    /// <summary>Time for the request line and the header fields, as at a room's port by default.</summary>
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);

    internal static void Apply(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = ParserFactor * MaxTargetBytes;
        limits.MaxRequestHeadersTotalSize = ParserFactor * MaxHeadersBytes;
        limits.MaxRequestHeaderCount = ParserFactor * MaxHeaders;
        limits.RequestHeadersTimeout = HeadersTimeout;
    }

    /// <summary>Answers 405, 414 or 431 to requests beyond the limits, and ends their connections.</summary>
    public static void UseRequestLimits(this WebApplication app) => app.Use((context, next) =>
    {
        if (FindExcess(context) is not { } refusal)
            return next(context);
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
            context.Response.Headers.Connection = "close";
        return refusal.ExecuteAsync(context);
    });

    private static ProblemHttpResult? FindExcess(HttpContext context)
    {
        if (HttpMethods.IsConnect(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
            return Problems.Of(StatusCodes.Status405MethodNotAllowed, "No service opens tunnels.");
        }
        if (context.Features.Get<IHttpRequestFeature>()!.RawTarget.Length > MaxTargetBytes)
        {
            return Problems.Of(
                StatusCodes.Status414UriTooLong, ErrorCodes.UriTooLong, $"The path with its query exceeds {MaxTargetBytes} bytes.");
        }
        var headers = context.Request.Headers;
        var (count, bytes) = (0, 0);
        foreach (var (name, values) in headers)
        {
            foreach (var value in values)
            {
                count++;
                bytes += name.Length + (value?.Length ?? 0);
            }
        }
        return count <= MaxHeaders && bytes <= MaxHeadersBytes ? null : Problems.Of(
            StatusCodes.Status431RequestHeaderFieldsTooLarge, ErrorCodes.HeadersTooLarge,
            $"The request has more than {MaxHeaders} header fields, or they exceed {MaxHeadersBytes} bytes.");
    }
}
