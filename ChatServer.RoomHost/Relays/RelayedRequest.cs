using System.Diagnostics;
using System.Net;
using ChatServer.Broadcast.Relays;

namespace ChatServer.RoomHost.Relays;

/// <summary>The handshake of a member that a load balancer received, as a request that the room's port could have received.</summary>
internal static class RelayedRequest
{
    /// <summary>The request, with an empty response whose body is kept in memory.</summary>
    public static HttpContext Of(RelayJoin join, IServiceProvider services)
    {
        var context = new DefaultHttpContext { RequestServices = services };
        var request = context.Request;
        (request.Method, request.Protocol, request.Path) = (HttpMethods.Get, join.Protocol, "/");
        (request.Scheme, request.Host, request.QueryString) = (join.Scheme, new HostString(join.Host), new QueryString(join.Query));
        foreach (var (name, value) in join.Headers)
            request.Headers.Append(name, value);
        context.Connection.RemoteIpAddress = IPAddress.TryParse(join.Address, out var address) ? address : null;
        context.Response.Body = new MemoryStream();
        return context;
    }

    /// <summary>The span of the handshake, below that of the load balancer's request.</summary>
    public static Activity? StartSpan(HttpContext context, string room)
    {
        ActivityContext.TryParse(context.Request.Headers.TraceParent, null, out var parent);
        return Tracing.Source.StartActivity("room.join", ActivityKind.Server, parent)?.SetTag("chat.room", room);
    }

    /// <summary>The headers of an answer.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> HeadersOf(HttpResponse response) =>
        [.. response.Headers.SelectMany(header => header.Value, (header, value) => KeyValuePair.Create(header.Key, value!))];

    /// <summary>An answer that is a refusal.</summary>
    public static async Task<RelayRefused> RefusalOfAsync(HttpResponse response)
    {
        response.Body.Position = 0;
        using var reader = new StreamReader(response.Body);
        return new RelayRefused(response.StatusCode, HeadersOf(response), await reader.ReadToEndAsync());
    }
}
