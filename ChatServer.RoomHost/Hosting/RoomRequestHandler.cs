using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Relays;
using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.RoomHost.Handshakes;
using ChatServer.RoomHost.Moderation;
using ChatServer.RoomHost.Relays;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tokens;
using ChatServer.Web;

namespace ChatServer.RoomHost.Hosting;

/// <summary>Handles the requests to a room's port: a plain GET returns the room's name, a WebSocket handshake joins the room.</summary>
/// <param name="options">The host's options.</param>
/// <param name="joinRate">Limits the connections of an address.</param>
/// <param name="uidOf">The <c>uid</c> of a session without a token.</param>
/// <param name="isRelaySecret">Whether a load balancer has access to Redis.</param>
/// <param name="tokens">Verifies join tokens.</param>
internal sealed class RoomRequestHandler(
    RoomHostOptions options, JoinRateLimiter joinRate, Func<string, Task<string>> uidOf, Func<string?, Task<bool>> isRelaySecret,
    TokenVerifier tokens)
{
    // How long a handshake waits for a room that is being opened or moved.
    private static readonly TimeSpan RoomReadyTimeout = TimeSpan.FromSeconds(5);

    private const string PrivateRoom = "The room is private; joining requires a token.";

    private readonly AllowedOrigins _origins = AllowedOrigins.Parse(options.AllowedOrigins, options.PublicUrl);
    private readonly ReservedNames _reservedNames = ReservedNames.Parse(options.ReservedNames);

    /// <summary>Whether the request was received on a room's port.</summary>
    public static bool IsForRoom(HttpContext context) => context.Features.Get<RoomConnection>() is not null;

    /// <summary>Handles a request for which <see cref="IsForRoom"/> is true.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var connection = context.Features.Get<RoomConnection>()!;
        var slot = (RoomSlot)connection.Room;
        if (context.Request.Headers[RoomUrls.RoomHeader] is [{ } expected] && expected != slot.Name)
        {
            await RefuseAsync(
                context, StatusCodes.Status421MisdirectedRequest, ErrorCodes.RoomNotFound, $"The room at this port is not {expected}.");
            return;
        }
        var handshake = Handshake.Check(context.Request, _origins, context.ForwardedOrigin());
        if (handshake.Kind == HandshakeKind.None)
        {
            await AnswerHttpAsync(context, slot);
        }
        else if (context.WebSockets.WebSocketRequestedProtocols.Contains(RelayProtocol.SubProtocol))
        {
            await AttachRelayAsync(context, connection, slot, handshake);
        }
        else if (await AdmitAsync(context, handshake, () => WaitForRoomAsync(slot)) is var (room, join))
        {
            await connection.DetachAsync(context);
            room.Enter(connection, join);
        }
    }

    // Null if the handshake was refused: the response has the reason. Otherwise it has the headers of the 101.
    private async Task<(Room Room, AdmittedJoin Join)?> AdmitAsync(
        HttpContext context, HandshakeResult handshake, Func<Task<Room?>> findRoom)
    {
        Handshake.WriteHeaders(handshake, context.Response);
        if (handshake.Kind != HandshakeKind.Accepted)
            await RefuseAsync(context, handshake.Status, handshake.Code!, handshake.Detail!);
        else if (FindQueryError(context, out var join) is var (code, detail))
            await RefuseAsync(context, 400, code, detail);
        else if (await findRoom() is not { } room)
            await RefuseAsync(context, 503, ErrorCodes.RoomUnavailable, "The room is not available on this host; look it up again.");
        else if (!joinRate.TryAcquire(
            context.Connection.RemoteIpAddress, await room.Queries.HoldsSeatAsync(join.Session) ? join.Session : null))
            await RefuseAsync(context, 429, ErrorCodes.RateLimited, "Too many connections from this address.");
        else if (join.Token is null && room.Record.Options.Private)
            await RefuseAsync(context, 401, ErrorCodes.Unauthorized, PrivateRoom);
        else if (await VerifyTokenAsync(join, room, context.RequestAborted) is var token && token.Refusal != TokenRefusal.None)
            await RefuseAsync(context, token.Refusal);
        else if (AdmittedJoin.Of(join, await uidOf(join.Session), context.Connection.RemoteIpAddress).With(token.Token) is var admitted
            && room.Sanctions.FindBan(admitted.Identity) is { } ban)
            await RefuseAsync(context, 403, ErrorCodes.Banned, DescribeBan(ban));
        else if (await room.ReserveSeatAsync(admitted.Identity) is { } refusal)
            await RefuseAsync(context, 429, refusal.Code, refusal.Detail);
        else
            return (room, admitted);
        return null;
    }

    private (string Code, string Detail)? FindQueryError(HttpContext context, out JoinRequest join) =>
        !JoinRequest.TryParse(context.Request.Query, context.WebSockets.WebSocketRequestedProtocols, out join, out var error)
            ? (ErrorCodes.InvalidQuery, error)
        : join is { Token: null, User: not null } && _reservedNames.Contains(join.User)
            ? (ErrorCodes.ReservedName, "The name is reserved; joining under it requires a token.")
        : null;

    // A token that is sent is always verified: a client that believes to be known must not join as a guest.
    private Task<TokenResult> VerifyTokenAsync(JoinRequest join, Room room, CancellationToken ct) =>
        join.Token is null ? Task.FromResult(default(TokenResult)) : tokens.VerifyAsync(join.Token, room.Record.Name, ct);

    private static Task RefuseAsync(HttpContext context, TokenRefusal refusal) => refusal switch
    {
        TokenRefusal.NoRead => RefuseAsync(context, 403, ErrorCodes.Forbidden, refusal.Describe()),
        TokenRefusal.Unavailable => RefuseAsync(context, 503, ErrorCodes.Unavailable, refusal.Describe()),
        _ => RefuseAsync(context, 401, ErrorCodes.Unauthorized, refusal.Describe()),
    };

    private async Task AttachRelayAsync(HttpContext context, RoomConnection connection, RoomSlot slot, HandshakeResult handshake)
    {
        Handshake.WriteHeaders(handshake, context.Response);
        if (handshake.Kind != HandshakeKind.Accepted)
            await RefuseAsync(context, handshake.Status, handshake.Code!, handshake.Detail!);
        else if (!await isRelaySecret(context.Request.Headers[RelayProtocol.SecretHeader]))
            await RefuseAsync(context, 401, ErrorCodes.Unauthorized, "The secret of the relay is wrong.");
        else if (await WaitForRoomAsync(slot) is not { } room)
            await RefuseAsync(context, 503, ErrorCodes.RoomUnavailable, "The room is not available on this host; look it up again.");
        else
        {
            context.Response.Headers.SecWebSocketProtocol = RelayProtocol.SubProtocol;
            context.Response.Headers.Remove("Sec-WebSocket-Extensions");
            var services = context.RequestServices.GetRequiredService<IServiceScopeFactory>();
            await connection.DetachAsync(context, options.MaxFrameBytes + RelayProtocol.MaxAttachBytes, FramePeer.Relay);
            connection.Start(new Relay(room, connection, join => AdmitRelayedAsync(room, join, services)));
        }
    }

    // The request is answered as if the client had connected to the room's port.
    private async Task<RelayAdmission> AdmitRelayedAsync(Room room, RelayJoin join, IServiceScopeFactory services)
    {
        await using var scope = services.CreateAsyncScope();
        var context = RelayedRequest.Of(join, scope.ServiceProvider);
        using var span = RelayedRequest.StartSpan(context, room.Record.Name);
        var handshake = Handshake.Check(context.Request, _origins, join.PageOrigin);
        return await AdmitAsync(context, handshake, () => Task.FromResult<Room?>(room)) is (_, var request)
            ? new RelayAdmission(request, RelayedRequest.HeadersOf(context.Response), Refused: null)
            : new RelayAdmission(Join: null, [], await RelayedRequest.RefusalOfAsync(context.Response));
    }

    private async Task AnswerHttpAsync(HttpContext context, RoomSlot slot)
    {
        if (TokenPreflight.IsPreflight(context.Request))
        {
            SetConnectionClose(context);
            TokenPreflight.Permit(context.Response);
            return;
        }
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await RefuseAsync(context, 405, ErrorCodes.MethodNotAllowed, "A room's port accepts only GET, HEAD and WebSocket handshakes.");
            return;
        }
        context.Response.Headers.AccessControlAllowOrigin = "*";
        if (context.Request.Query.ContainsKey(RoomUrls.CheckParameter) && await RefuseCheckAsync(context, slot))
            return;
        SetConnectionClose(context);
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = slot.Name.Length;
        if (HttpMethods.IsGet(context.Request.Method))
            await context.Response.WriteAsync(slot.Name);
    }

    // A handshake with the same query and token would be refused. The token is in a header: proxies log a query.
    private async Task<bool> RefuseCheckAsync(HttpContext context, RoomSlot slot)
    {
        var token = context.Request.BearerToken();
        if (FindQueryError(context, out _) is var (code, detail) && !(token is not null && code == ErrorCodes.ReservedName))
            await RefuseAsync(context, StatusCodes.Status400BadRequest, code, detail);
        else if (token is null && slot.Room?.Record.Options.Private == true)
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, ErrorCodes.Unauthorized, PrivateRoom);
        else if (token is not null
            && await tokens.VerifyAsync(token, slot.Name, context.RequestAborted) is { Refusal: not TokenRefusal.None and var refusal })
            await RefuseAsync(context, refusal);
        else
            return false;
        return true;
    }

    private static async Task<Room?> WaitForRoomAsync(RoomSlot slot)
    {
        try
        {
            return await slot.RoomWhenReady.WaitAsync(RoomReadyTimeout);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    // The port may soon belong to another room, and a client that reuses the connection would still reach this one.
    private static void SetConnectionClose(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.Connection = headers.Upgrade.Count > 0 ? "Upgrade, close" : "close";
    }

    private static string DescribeBan(ActiveSanction ban) =>
        $"You are banned{(ban.Remaining is { } remaining ? $" for {Math.Ceiling(remaining.TotalSeconds)} s" : "")}" +
        (ban.Sanction.Reason is { } reason ? $": {reason}" : ".");

    private static Task RefuseAsync(HttpContext context, int status, string code, string detail)
    {
        RoomMetrics.JoinsRefused.Add(code);
        SetConnectionClose(context);
        if (status is 429 or 503)
            context.Response.Headers.RetryAfter = "1";
        return Problems.Of(status, code, detail).ExecuteAsync(context);
    }
}
