using System.Net;
using System.Net.Sockets;
using ChatServer.Contracts;
using ChatServer.Web;
using Yarp.ReverseProxy.Forwarder;

namespace ChatServer.LoadBalancer;

/// <summary>
/// Takes a request to its room. The walk: (1) where is the room, (2) forward, (3) its host is dead: hold the request until the room
/// is open on another one, or nobody answered: look again, (4) forward there. Whatever the room answers, 101 or a refusal, is the
/// client's answer. A connection that is up is cut when its room lives elsewhere and the old host, paused or cut off, does not close it.
/// </summary>
internal sealed partial class RoomForwarder(
    RoomRoutes routes, RoomConnections connections, IHttpForwarder forwarder, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<RoomForwarder> logger)
{
    /// <summary>Forwards to the address that was found first, and to those that it moved to meanwhile.</summary>
    private const int Attempts = 3;

    /// <summary>What the old host of a room that moved gets to close its members itself, with a code.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    /// <summary>What a client is asked to wait before it comes back to a room that cannot be reached.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

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
        MemberConnection.Use(context, time);

        // :: Step 1
        var route = await routes.FindAsync(room);
        for (var attempt = 1; route is not null && attempt <= Attempts; attempt++)
        {
            // :: Steps 2 and 4
            var outcome = route.Address is null ? Outcome.Refused : await TryAsync(context, room, route);
            if (outcome == Outcome.Answered)
                return Results.Empty;
            // :: Step 3
            var next = outcome == Outcome.Refused ? await routes.ReopenAsync(room, route) : await routes.FindAgainAsync(room, route);
            if (next is null)
                route = await routes.FindAgainAsync(room, route);
            if (next is null || next == route)
                break;
            route = next;
        }
        return route is null ? NotFound(room) : Unavailable(context, room);
    }

    private enum Outcome
    {
        /// <summary>The room took the request; the response is begun, or over.</summary>
        Answered,

        /// <summary>Nobody listens there: its host is dead, or has closed the port.</summary>
        Refused,

        /// <summary>Nobody answered; the request was not taken and the response is untouched.</summary>
        Silent,
    }

    private async Task<Outcome> TryAsync(HttpContext context, string room, RoomRoute route)
    {
        using var watch = routes.Watch(room, route);
        // A WebSocket ends only when somebody ends it: a load balancer that stops would wait for all of them.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
        using var moved = watch.Moved.Register(() => ending.CancelAfter(context.Response.HasStarted ? Farewell : TimeSpan.Zero));
        var error = await forwarder.SendAsync(context, route.Address!, connections.Http, Config, ToTheRoot, ending.Token);
        var misdirected = error == ForwarderError.None && context.Items.ContainsKey(RoomTransformer.Misdirected);
        var untouched = misdirected || error == ForwarderError.Request || (error == ForwarderError.RequestCanceled && watch.Moved.IsCancellationRequested);
        if (!untouched || context.Response.HasStarted)
            return Outcome.Answered;
        context.Response.Clear();
        context.Items.Remove(RoomTransformer.Misdirected);
        var refused = misdirected || context.GetForwarderErrorFeature()?.Exception is HttpRequestException
        {
            InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused },
        };
        Log.NobodyAnswered(logger, room, route.Address!, refused);
        return refused ? Outcome.Refused : Outcome.Silent;
    }

    private static IResult NotFound(string room) =>
        Problems.Of(StatusCodes.Status404NotFound, ErrorCodes.RoomNotFound, $"There is no room {room}.");

    private static IResult Unavailable(HttpContext context, string room)
    {
        context.Response.RetryAfter(RetryAfter);
        return Problems.Of(StatusCodes.Status503ServiceUnavailable, ErrorCodes.RoomUnavailable, $"The host of room {room} cannot be reached at the moment.");
    }

    /// <summary>
    /// A room answers at the root of its port, whatever path led to it. Headers pass untouched, the query too; with them goes the room's
    /// name, because its port may be another room's by now, which then says 421.
    /// </summary>
    private sealed class RoomTransformer : HttpTransformer
    {
        public static readonly object Misdirected = new();

        public override async ValueTask<bool> TransformResponseAsync(
            HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            if (proxyResponse?.StatusCode != HttpStatusCode.MisdirectedRequest)
                return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
            httpContext.Items[Misdirected] = Misdirected;
            return false;
        }

        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.Host = null; // the room's own; the client's is in X-Forwarded-Host
            proxyRequest.Headers.Remove(RoomUrls.RoomHeader);
            proxyRequest.Headers.Add(RoomUrls.RoomHeader, (string)httpContext.GetRouteValue("name")!);
            proxyRequest.RequestUri = RequestUtilities.MakeDestinationAddress(destinationPrefix, PathString.Empty, httpContext.Request.QueryString);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Nobody answered for room {Room} at {Address} (refused: {Refused}).")]
        public static partial void NobodyAnswered(ILogger logger, string room, string address, bool refused);
    }
}
