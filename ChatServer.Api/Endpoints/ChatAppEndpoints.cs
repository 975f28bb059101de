using ChatServer.Contracts;
using ChatServer.Web;

namespace ChatServer.Api;

/// <summary>The chat app: <c>/</c> to choose a room, <c>/room/{name}</c> to be in it, and the module that others may build on.</summary>
internal static class ChatAppEndpoints
{
    /// <summary>Where a load balancer, and so every proxy in front of one, has the rooms.</summary>
    private const string SameOriginRoomPrefix = "/rooms/";

    public static void MapChatApp(this IEndpointRouteBuilder app)
    {
        var files = WebFiles.Of(typeof(ChatAppEndpoints).Assembly);
        var loadBalancers = app.ServiceProvider.GetRequiredService<LoadBalancerSettings>();
        var rooms = loadBalancers.Urls.Select(url => RoomUrls.Through(url, "")).ToArray();
        var direct = Room(files, rooms);
        var proxied = Room(files, [SameOriginRoomPrefix, .. rooms]);
        var home = files.Page("index.html");
        // Without a load balancer a room is reached at a port of a host, and both are known only once it is there.
        string[] connect = rooms.Length > 0 ? [.. rooms.Select(url => new Uri(url).GetLeftPart(UriPartial.Authority))] : ["ws:", "wss:"];

        app.MapWebFiles(files);
        app.MapWebPage("/", _ => home, headers => headers.AddSecurityHeaders());
        app.MapWebPage("/room/{name}", context => IsProxied(context.Request) ? proxied : direct, headers =>
            headers.AddSecurityHeaders(connect));
        foreach (var module in (string[])["chat-client.js", "chat-outbox.js"])
        {
            var file = files.Find(module)!;
            // For pages of other origins; what it connects to decides by itself whom it lets in.
            app.MapWebPage($"/{module}", _ => file, headers => headers.AccessControlAllowOrigin = "*");
        }
    }

    /// <param name="files">The app.</param>
    /// <param name="rooms">Where rooms are, as prefixes of their names; the page tries them in turn.</param>
    private static WebFile Room(WebFiles files, IEnumerable<string> rooms) => files.Page("room.html", ("rooms", string.Join(' ', rooms)));

    // Only what the page tries first depends on it, so it does not matter who wrote the header.
    private static bool IsProxied(HttpRequest request) =>
        request.Headers.ContainsKey("X-Forwarded-For") || request.Headers.ContainsKey("X-Original-For");
}
