using System.Net;
using ChatServer.Contracts;
using ChatServer.ServiceDefaults;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Yarp.ReverseProxy.Forwarder;

namespace ChatServer.LoadBalancer;

/// <summary>
/// Takes a request to its room. The walk: (1) where is the room, (2) forward, (3) nobody answered there: look again,
/// (4) it moved: forward once more. Whatever the room answers, 101 or a refusal, is the client's answer.
/// </summary>
internal sealed partial class RoomForwarder(
    RoomRoutes routes, RoomConnections connections, IHttpForwarder forwarder, IHostApplicationLifetime lifetime, ILogger<RoomForwarder> logger)
{
    /// <summary>Forwards to the address that was found first, and to one that it moved to.</summary>
    private const int Attempts = 2;

    /// <summary>What a client is asked to wait before it comes back to a room that cannot be reached.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A member that does not read is the room's to close, with a code, once it fell behind. Kestrel would cut it off after 5 s;
    /// it does so after this long, for those who do not even take the close.
    /// </summary>
    private static readonly MinDataRate SlowestMember = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(60));

    private static readonly ForwarderRequestConfig Config = new()
    {
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        // Silence is no failure in a chat. Who answers the handshake late, or whose machine is gone, is found out otherwise.
        ActivityTimeout = Timeout.InfiniteTimeSpan,
    };

    private static readonly HttpTransformer ToTheRoot = new RoomTransformer();

    /// <summary>Forwards the request, or gives the problem to answer instead.</summary>
    public async Task<IResult> ForwardAsync(HttpContext context, string room)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
            context.Features.GetRequiredFeature<IHttpMinResponseDataRateFeature>().MinDataRate = SlowestMember;

        // :: Step 1
        var route = await routes.FindAsync(room);
        for (var attempt = 1; route is { Address: { } address }; attempt++)
        {
            // :: Steps 2 and 4
            if (await TryAsync(context, address))
                return Results.Empty;
            Log.NobodyAnswered(logger, room, address);
            if (attempt == Attempts)
                break;
            // :: Step 3. This is where a request may be held until the room is open elsewhere.
            var now = await routes.FindAgainAsync(room, route);
            if (now == route)
                break;
            route = now;
        }
        return route is null ? NotFound(room) : Unavailable(context, room);
    }

    /// <summary>False: nobody answered, the request was not taken and the response is untouched.</summary>
    private async Task<bool> TryAsync(HttpContext context, string address)
    {
        // A WebSocket ends only when somebody ends it: a load balancer that stops would wait for all of them.
        var error = await forwarder.SendAsync(context, address, connections.Http, Config, ToTheRoot, lifetime.ApplicationStopping);
        if (error != ForwarderError.Request || context.Response.HasStarted)
            return true;
        context.Response.Clear();
        return false;
    }

    private static IResult NotFound(string room) =>
        Problems.Of(StatusCodes.Status404NotFound, ErrorCodes.RoomNotFound, $"There is no room {room}.");

    private static IResult Unavailable(HttpContext context, string room)
    {
        context.Response.RetryAfter(RetryAfter);
        return Problems.Of(StatusCodes.Status503ServiceUnavailable, ErrorCodes.RoomUnavailable, $"The host of room {room} cannot be reached at the moment.");
    }

    /// <summary>A room answers at the root of its port, whatever path led to it. Headers pass untouched, the query too.</summary>
    private sealed class RoomTransformer : HttpTransformer
    {
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.Host = null; // the room's own; the client's is in X-Forwarded-Host
            proxyRequest.RequestUri = RequestUtilities.MakeDestinationAddress(destinationPrefix, PathString.Empty, httpContext.Request.QueryString);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Nobody answered for room {Room} at {Address}.")]
        public static partial void NobodyAnswered(ILogger logger, string room, string address);
    }
}
