using ChatServer.Broadcast.Connections;
using ChatServer.Contracts;
using ChatServer.RoomHost.Handshakes;
using ChatServer.RoomHost.Rooms;
using ChatServer.Web;

namespace ChatServer.RoomHost.Hosting;

/// <summary>Handles the requests to a room's port: a plain GET returns the room's name, a WebSocket handshake joins the room.</summary>
internal sealed class RoomRequestHandler(RoomHostOptions options, JoinRateLimiter joinRate)
{
    // How long a handshake waits for a room that is being opened or moved.
    private static readonly TimeSpan RoomReadyTimeout = TimeSpan.FromSeconds(5);

    private readonly AllowedOrigins _origins = AllowedOrigins.Parse(options.AllowedOrigins);

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
        var handshake = Handshake.Check(context.Request, _origins);
        if (handshake.Kind == HandshakeKind.None)
        {
            await AnswerHttpAsync(context, slot);
            return;
        }
        if (handshake.Kind == HandshakeKind.Refused)
        {
            Handshake.WriteHeaders(handshake, context.Response);
            await RefuseAsync(context, handshake.Status, handshake.Code!, handshake.Detail!);
        }
        else if (!JoinRequest.TryParse(context.Request.Query, out var join, out var error))
            await RefuseAsync(context, 400, ErrorCodes.InvalidQuery, error);
        else if (!joinRate.TryAcquire(context.Connection.RemoteIpAddress))
            await RefuseAsync(context, 429, ErrorCodes.RateLimited, "Too many connections from this address.");
        else if (await WaitForRoomAsync(slot) is not { } room)
            await RefuseAsync(context, 503, ErrorCodes.RoomUnavailable, "The room is not available on this host; look it up again.");
        else if (room.Record.Options.Private)
            await RefuseAsync(context, 401, ErrorCodes.Unauthorized, "The room is private; joining requires a token.");
        else if (!await room.TryAdmitAsync(join.Session))
            await RefuseAsync(context, 429, ErrorCodes.RoomFull, "The room is full.");
        else
        {
            Handshake.WriteHeaders(handshake, context.Response);
            await connection.DetachAsync(context);
            room.Enter(connection, join);
        }
    }

    private static async Task AnswerHttpAsync(HttpContext context, RoomSlot slot)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            await RefuseAsync(context, 405, ErrorCodes.MethodNotAllowed, "A room's port accepts only GET, HEAD and WebSocket handshakes.");
            return;
        }
        SetConnectionClose(context);
        context.Response.Headers.AccessControlAllowOrigin = "*";
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = slot.Name.Length;
        if (HttpMethods.IsGet(context.Request.Method))
            await context.Response.WriteAsync(slot.Name);
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

    private static Task RefuseAsync(HttpContext context, int status, string code, string detail)
    {
        SetConnectionClose(context);
        if (status is 429 or 503)
            context.Response.Headers.RetryAfter = "1";
        return Problems.Of(status, code, detail).ExecuteAsync(context);
    }
}
