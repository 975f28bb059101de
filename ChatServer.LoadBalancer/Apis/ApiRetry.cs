using ChatServer.Contracts;
using ChatServer.Web;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Model;

namespace ChatServer.LoadBalancer.Apis;

/// <summary>
/// Repeats a failed call with another Api: any call whose connection failed, because no Api has received it, and a GET or HEAD also if no
/// response arrived. Wraps YARP's choice of a destination.
/// </summary>
internal sealed class ApiRetry(RequestDelegate next)
{
    /// <summary>If three Apis in a row fail, a fourth is unlikely to respond, and each attempt may take the connect timeout.</summary>
    private const int MaxAttempts = 3;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    public async Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        var untried = proxy.AvailableDestinations;
        for (var attempt = 1; untried.Count > 0; attempt++)
        {
            proxy.AvailableDestinations = untried;
            await next(context);
            if (!MayTryAgain(context))
                return;
            context.Response.Clear();
            context.Features.Set<IForwarderErrorFeature>(null);
            if (attempt == MaxAttempts)
                break;
            untried = [.. untried.Where(api => api != proxy.ProxiedDestination)];
        }
        await NoApi(context).ExecuteAsync(context);
    }

    private static bool MayTryAgain(HttpContext context)
    {
        if (context.Response.HasStarted || context.GetForwarderErrorFeature() is not { Error: ForwarderError.Request } failed)
            return false;
        var neverConnected = failed.Exception is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError,
        };
        var method = context.Request.Method;
        return neverConnected || HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
    }

    private static IResult NoApi(HttpContext context)
    {
        context.Response.RetryAfter(RetryAfter);
        return Problems.Of(StatusCodes.Status503ServiceUnavailable, ErrorCodes.NoApi, "No Api is available.");
    }
}
