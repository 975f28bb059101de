using ChatServer.Web;
using ChatServer.Web.Files;

namespace ChatServer.Api.Endpoints;

/// <summary>The chat app: <c>/</c> to choose a room, <c>/room/{name}</c> to chat in it, and the modules of the JavaScript client.</summary>
internal static class ChatAppEndpoints
{
    /// <summary>Path of the rooms on a load balancer, and therefore on every proxy before one.</summary>
    private const string SameOriginRoomPrefix = "{{root}}rooms/";

    public static void MapChatApp(this IEndpointRouteBuilder app)
    {
        var files = WebFiles.Of(typeof(ChatAppEndpoints).Assembly);
        var addresses = app.ServiceProvider.GetRequiredService<RoomAddresses>();
        var direct = Room(files, addresses.Prefixes);
        var proxied = Room(files, [SameOriginRoomPrefix, .. addresses.Prefixes]);
        var home = new WebPage(files, "index.html");

        app.MapWebFiles(files);
        app.MapWebPage("/", context => home.For(context.Request), headers => headers.AddSecurityHeaders());
        // Without a name, with and without a slash at the end.
        app.MapWebPage("/room", context => home.For(context.Request), headers => headers.AddSecurityHeaders());
        app.MapWebPage(
            "/room/{name}", context => (IsProxied(context.Request) ? proxied : direct).For(context.Request),
            headers => headers.AddSecurityHeaders(addresses.SocketSources));
        foreach (var module in (string[])["chat-client.js", "chat-commands.js", "chat-outbox.js", "chat-refusals.js", "chat-token.js"])
        {
            var file = files.Find(module)!;
            // Pages of other origins may use the client: the rooms check the origin themselves (ALLOWED_ORIGINS).
            app.MapWebPage($"/{module}", _ => file, headers => headers.AccessControlAllowOrigin = "*");
        }
    }

    /// <summary>
    /// Answers an address that does not exist with a page, if a browser opens it. A script, and every path of the API, gets a problem.
    /// </summary>
    public static void UseNotFoundPage(this WebApplication app)
    {
        var page = new WebPage(WebFiles.Of(typeof(ChatAppEndpoints).Assembly), "not-found.html");
        app.Use(async (context, next) =>
        {
            await next(context);
            if (context.Response is { StatusCode: StatusCodes.Status404NotFound, HasStarted: false } && context.GetEndpoint() is null
                && IsOpenedByBrowser(context.Request))
            {
                context.Response.Headers.AddSecurityHeaders();
                await context.WriteAsync(page.For(context.Request));
            }
        });
    }

    private static bool IsOpenedByBrowser(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && !request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
        && request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType == "text/html");

    /// <param name="files">The files of the app.</param>
    /// <param name="rooms">Addresses of rooms without the name; the page tries them in turn.</param>
    private static WebPage Room(WebFiles files, IEnumerable<string> rooms) =>
        new(files, "room.html", ("rooms", string.Join(' ', rooms)));

    // Any client can send these headers. They only determine which address the page tries first.
    private static bool IsProxied(HttpRequest request) =>
        request.Headers.ContainsKey("X-Forwarded-For") || request.Headers.ContainsKey("X-Original-For");
}
