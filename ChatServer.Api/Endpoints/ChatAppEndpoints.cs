using ChatServer.Web;
using ChatServer.Web.Files;

namespace ChatServer.Api.Endpoints;

/// <summary>The chat app: <c>/</c> to choose a room, <c>/room/{name}</c> to chat in it, and the modules of the JavaScript client.</summary>
internal static class ChatAppEndpoints
{
    /// <summary>Path of the rooms on a load balancer, and therefore on every proxy before one.</summary>
    private const string SameOriginRoomPrefix = "/rooms/";

    public static void MapChatApp(this IEndpointRouteBuilder app)
    {
        var files = WebFiles.Of(typeof(ChatAppEndpoints).Assembly);
        var addresses = app.ServiceProvider.GetRequiredService<RoomAddresses>();
        var direct = Room(files, addresses.Prefixes);
        var proxied = Room(files, [SameOriginRoomPrefix, .. addresses.Prefixes]);
        var home = files.Page("index.html");

        app.MapWebFiles(files);
        app.MapWebPage("/", _ => home, headers => headers.AddSecurityHeaders());
        app.MapWebPage("/room/{name}", context => IsProxied(context.Request) ? proxied : direct, headers =>
            headers.AddSecurityHeaders(addresses.SocketSources));
        foreach (var module in (string[])["chat-client.js", "chat-outbox.js"])
        {
            var file = files.Find(module)!;
            // Pages of other origins may use the client: the rooms check the origin themselves (ALLOWED_ORIGINS).
            app.MapWebPage($"/{module}", _ => file, headers => headers.AccessControlAllowOrigin = "*");
        }
    }

    /// <param name="files">The files of the app.</param>
    /// <param name="rooms">Addresses of rooms without the name; the page tries them in turn.</param>
    private static WebFile Room(WebFiles files, IEnumerable<string> rooms) =>
        files.Page("room.html", ("rooms", string.Join(' ', rooms)));

    // Any client can send these headers. They only determine which address the page tries first.
    private static bool IsProxied(HttpRequest request) =>
        request.Headers.ContainsKey("X-Forwarded-For") || request.Headers.ContainsKey("X-Original-For");
}
