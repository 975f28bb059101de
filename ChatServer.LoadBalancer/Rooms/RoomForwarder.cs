using System.Net;
using System.Net.Sockets;
using ChatServer.Contracts;
using ChatServer.Web;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace ChatServer.LoadBalancer.Rooms;

/// <summary>
/// Forwards plain requests to a room's port: (1) find the room, (2) forward, (3) if its host is dead, wait until the room is open on
/// another one; if there was no answer, find it again, (4) forward there.
/// </summary>
internal sealed partial class RoomForwarder(
    RoomRoutes routes, RoomHttpClient client, IHttpForwarder forwarder, IHostApplicationLifetime lifetime, ILogger<RoomForwarder> logger)
{
    /// <summary>Attempts to forward: to the address that was found first, and to those that the room moved to meanwhile.</summary>
    private const int MaxAttempts = 3;

    private static readonly ForwarderRequestConfig Config = new()
    {
        Version = HttpVersion.Version11,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static readonly HttpTransformer RootTransformer = new RoomTransformer();

    /// <summary>Forwards the request, or returns the problem that is the answer.</summary>
    public async Task<IResult> ForwardAsync(HttpContext context, string room)
    {
        // An upgrade to another protocol than WebSocket is ignored, as HTTP allows.
        context.Features.Set<IHttpUpgradeFeature>(null);
        // :: Step 1
        var route = await routes.FindAsync(room);
        for (var attempt = 1; route is not null && attempt <= MaxAttempts; attempt++)
        {
            // :: Steps 2 and 4
            var outcome = route.Address is null ? Outcome.Refused : await TryForwardAsync(context, room, route);
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
        // As the answer of a room: clients on pages of other origins learn here that a room does not exist.
        context.Response.Headers.AccessControlAllowOrigin = "*";
        return route is null ? Problems.RoomNotFound(room) : RoomProblems.Unavailable(context, room);
    }

    private enum Outcome
    {
        /// <summary>The room took the request; the response has begun, or is complete.</summary>
        Answered,

        /// <summary>Nothing listens for the room there: its host is dead, or has closed the port.</summary>
        Refused,

        /// <summary>There was no answer; the request was not taken, and the response is unchanged.</summary>
        NoAnswer,
    }

    private async Task<Outcome> TryForwardAsync(HttpContext context, string room, RoomRoute route)
    {
        using var watch = routes.Watch(room, route);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping, watch.Moved);
        var error = await forwarder.SendAsync(context, route.Address!, client.Http, Config, RootTransformer, ending.Token);
        var misdirected = error == ForwarderError.None && context.Items.ContainsKey(RoomTransformer.Misdirected);
        var unchanged = misdirected || error == ForwarderError.Request
            || (error == ForwarderError.RequestCanceled && watch.Moved.IsCancellationRequested);
        // Not only those: a host that ends while it receives a body fails with other errors, which YARP answers with 502 or 504.
        unchanged |= error != ForwarderError.None
            && context.Response.StatusCode is StatusCodes.Status502BadGateway or StatusCodes.Status504GatewayTimeout;
        if (!unchanged || context.Response.HasStarted)
            return Outcome.Answered;
        context.Response.Clear();
        context.Items.Remove(RoomTransformer.Misdirected);
        var refused = misdirected || context.GetForwarderErrorFeature()?.Exception is HttpRequestException
        {
            InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused },
        };
        Log.NoAnswer(logger, room, route.Address!, refused);
        return refused ? Outcome.Refused : Outcome.NoAnswer;
    }

    /// <summary>
    /// A room answers at the root of its port, and the path of the request is not forwarded. Headers and the query are forwarded unchanged,
    /// and the name of the room is added: if the port belongs to another room by now, that room answers 421.
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
            proxyRequest.RequestUri = RequestUtilities.MakeDestinationAddress(
                destinationPrefix, PathString.Empty, httpContext.Request.QueryString);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "No answer for room {Room} at {Address} (refused: {Refused}).")]
        public static partial void NoAnswer(ILogger logger, string room, string address, bool refused);
    }
}
