using System.Net;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Relays;
using ChatServer.Contracts;
using ChatServer.LoadBalancer.Forwarding;
using ChatServer.LoadBalancer.Rooms;
using ChatServer.Web;
using IPNetwork = System.Net.IPNetwork;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>Answers WebSocket handshakes: the room's host decides, and the load balancer holds the member.</summary>
internal sealed class JoinEndpoint(EdgeRooms rooms, IReadOnlyList<IPNetwork> trustedProxies, PageOrigin pageOrigin)
{
    // Of the forwarded headers: handshakes of all members share the connection to the room.
    private const int MaxHeaderBytes = 8 * 1024;

    // What the host reads to admit the member and to trace the request. Cookies and other headers stay here.
    private static readonly string[] ForwardedHeaders =
    [
        "Connection", "Upgrade", "Content-Length", "Transfer-Encoding", "Origin", "Sec-WebSocket-Version", "Sec-WebSocket-Key",
        "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "traceparent",
    ];

    /// <summary>Whether the request asks for a WebSocket. Any other upgrade is ignored, as HTTP allows.</summary>
    public static bool IsHandshake(HttpRequest request) => HttpMethods.IsGet(request.Method)
        // Some proxies add Upgrade to every request.
        && (request.Headers.SecWebSocketKey.Count > 0 || request.Headers.SecWebSocketVersion.Count > 0)
        && request.Headers.Upgrade.Any(value => value!.Split(',').Any(
            protocol => protocol.Trim().Equals("websocket", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Answers with the host's 101 or refusal, or returns the problem that is the answer.</summary>
    public async Task<IResult> JoinAsync(HttpContext context, string room)
    {
        if (context.Request.IsHttps || context.Features.Get<RoomConnection>() is not { } connection)
            return Problems.Of(StatusCodes.Status501NotImplemented, "WebSockets over TLS: terminate TLS in front of the load balancer.");
        if (HeaderBytes(context.Request) > MaxHeaderBytes)
        {
            return Problems.Of(
                StatusCodes.Status431RequestHeaderFieldsTooLarge, ErrorCodes.HeadersTooLarge,
                $"The headers of a WebSocket handshake exceed {MaxHeaderBytes} bytes.");
        }
        if (rooms.IsStopping)
            return RoomProblems.Unavailable(context, room);
        EdgeRoom edge;
        EdgeJoinAnswer answer;
        try
        {
            if (await rooms.JoinAsync(room, RequestOf(context), connection) is not { } joined)
                return Problems.RoomNotFound(room);
            (edge, answer) = joined;
        }
        catch (TimeoutException)
        {
            return RoomProblems.Unavailable(context, room);
        }
        try
        {
            if (answer.Refused is { } refused)
                await RefuseAsync(context.Response, refused);
            else if (answer.Member is { } member)
                await EnterAsync(context, edge, member, answer.Headers);
            else
                return Problems.RoomNotFound(room);
            return Results.Empty;
        }
        finally
        {
            edge.Release();
        }
    }

    private static int HeaderBytes(HttpRequest request) =>
        ForwardedHeaders.Sum(name => request.Headers[name].Sum(value => value?.Length ?? 0));

    private RelayJoin RequestOf(HttpContext context)
    {
        var request = context.Request;
        var headers = ForwardedHeaders.SelectMany(
            name => request.Headers[name], (name, value) => KeyValuePair.Create(name, value ?? "")).ToList();
        var address = XForwarded.ClientAddress(context, trustedProxies);
        return new RelayJoin(
            request.Protocol, request.QueryString.Value ?? "", headers, request.Scheme, request.Headers.Host.ToString(),
            address?.ToString(), pageOrigin.Of(context));
    }

    private static async Task EnterAsync(
        HttpContext context, EdgeRoom room, EdgeMember member, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        foreach (var (name, value) in headers)
            context.Response.Headers.Append(name, value);
        try
        {
            await member.Connection.DetachAsync(context, room.MaxFrameBytes);
        }
        catch
        {
            member.Leave();
            throw;
        }
        member.Enter();
    }

    private static async Task RefuseAsync(HttpResponse response, RelayRefused refused)
    {
        response.StatusCode = refused.Status;
        foreach (var (name, value) in refused.Headers.Where(header => !IsHopByHop(header.Key)))
            response.Headers.Append(name, value);
        if (response.Headers.Upgrade.Count > 0)
            response.Headers.Connection = "Upgrade"; // of a 426
        await response.WriteAsync(refused.Body);
    }

    private static bool IsHopByHop(string header) => header is "Connection" or "Transfer-Encoding";
}
