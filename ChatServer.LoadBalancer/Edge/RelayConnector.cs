using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Relays;
using ChatServer.Contracts;
using ChatServer.LoadBalancer.Forwarding;
using ChatServer.LoadBalancer.Rooms;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>Connects relays: finds the room's host, has the room reopened if its host is dead, and sends the handshake.</summary>
internal sealed partial class RelayConnector(
    RoomRoutes routes, RoomHttpClient client, RelaySecret secret, TimeProvider time, ILogger<RelayConnector> logger)
{
    private static readonly TimeSpan MinRetryDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxRetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Time for a host to answer the handshake. A room that is being opened answers when it is open.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Connects to the room's current host, however often that fails. Null if there is no such room.</summary>
    /// <param name="room">The room.</param>
    /// <param name="minTerm">Routes with a lower term lead to a former host.</param>
    /// <param name="ct">Ends the attempts.</param>
    /// <exception cref="BackplaneUnavailableException">Redis is unavailable, and the room is not known.</exception>
    /// <exception cref="OperationCanceledException"/>
    public async Task<RelayConnection?> ConnectAsync(string room, long minTerm, CancellationToken ct)
    {
        var delay = MinRetryDelay;
        var route = await routes.FindAsync(room);
        while (route is not null)
        {
            ct.ThrowIfCancellationRequested();
            var outcome = route.Address is null ? ConnectOutcome.Refused
                : route.Term < minTerm ? ConnectOutcome.NoAnswer
                : await TryConnectAsync(room, route, ct);
            if (outcome is { Connection: { } connection })
                return connection;
            var next = outcome.IsRefused ? await routes.ReopenAsync(room, route) : await routes.FindAgainAsync(room, route);
            next ??= await routes.FindAgainAsync(room, route);
            if (next == route)
            {
                await Task.Delay(delay, time, ct);
                delay = delay * 2 < MaxRetryDelay ? delay * 2 : MaxRetryDelay;
            }
            route = next;
        }
        return null;
    }

    private async Task<ConnectOutcome> TryConnectAsync(string room, RoomRoute route, CancellationToken ct)
    {
        var watch = routes.Watch(room, route);
        var outcome = ConnectOutcome.NoAnswer;
        try
        {
            return outcome = await SendHandshakeAsync(room, route, watch, ct);
        }
        finally
        {
            if (outcome.Connection is null)
                watch.Dispose();
        }
    }

    private async Task<ConnectOutcome> SendHandshakeAsync(string room, RoomRoute route, RouteWatch watch, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(AnswerTimeout, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(ct, watch.Moved, timeout.Token);
        var known = await secret.GetAsync();
        try
        {
            using var request = Handshake(room, route, known);
            var response = await client.Http.SendAsync(request, any.Token);
            switch (response.StatusCode)
            {
                case HttpStatusCode.SwitchingProtocols:
                    var stream = await response.Content.ReadAsStreamAsync(any.Token);
                    return new ConnectOutcome(new RelayConnection(stream, watch, time), IsRefused: false);
                case HttpStatusCode.Unauthorized:
                    await secret.GetAsync(mismatched: known);
                    break;
            }
            Log.HandshakeRefused(logger, room, route.Address!, (int)response.StatusCode);
            response.Dispose();
            return response.StatusCode == HttpStatusCode.MisdirectedRequest ? ConnectOutcome.Refused : ConnectOutcome.NoAnswer;
        }
        catch (HttpRequestException e) when (e.InnerException is TooManySocketsException)
        {
            Log.TooManySockets(logger, room);
            return ConnectOutcome.NoAnswer;
        }
        catch (HttpRequestException e)
        {
            var isRefused = e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };
            Log.NotReached(logger, room, route.Address!, e.Message);
            return isRefused ? ConnectOutcome.Refused : ConnectOutcome.NoAnswer;
        }
        catch (Exception e) when (e is TimeoutException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            Log.NotReached(logger, room, route.Address!, e.Message);
            return ConnectOutcome.NoAnswer;
        }
    }

    private static HttpRequestMessage Handshake(string room, RoomRoute route, string secret)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, route.Address)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var headers = request.Headers;
        headers.Connection.Add("Upgrade");
        headers.Upgrade.Add(new ProductHeaderValue("websocket"));
        headers.Add("Sec-WebSocket-Version", "13");
        headers.Add("Sec-WebSocket-Key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));
        headers.Add("Sec-WebSocket-Protocol", RelayProtocol.SubProtocol);
        headers.Add(RelayProtocol.SecretHeader, secret);
        headers.Add(RoomUrls.RoomHeader, room);
        return request;
    }

    private readonly record struct ConnectOutcome(RelayConnection? Connection, bool IsRefused)
    {
        /// <summary>Nothing listens for the room there: its host is dead, or has closed the port.</summary>
        public static ConnectOutcome Refused => new(null, IsRefused: true);

        /// <summary>No answer, or one that may be another one soon.</summary>
        public static ConnectOutcome NoAnswer => new(null, IsRefused: false);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Room {Room} is not reached: too many sockets are open.")]
        public static partial void TooManySockets(ILogger logger, string room);

        [LoggerMessage(Level = LogLevel.Debug, Message = "The host of room {Room} at {Address} is not reached: {Reason}")]
        public static partial void NotReached(ILogger logger, string room, string address, string reason);

        [LoggerMessage(Level = LogLevel.Debug, Message = "The host of room {Room} at {Address} refused the relay with {Status}.")]
        public static partial void HandshakeRefused(ILogger logger, string room, string address, int status);
    }
}
