using ChatServer.ServiceDefaults;

namespace ChatServer.Api;

/// <summary>The JavaScript client of a room.</summary>
internal static class ChatAppEndpoints
{
    public static void MapChatApp(this IEndpointRouteBuilder app)
    {
        var files = WebFiles.Of(typeof(ChatAppEndpoints).Assembly);
        foreach (var module in (string[])["chat-client.js", "chat-outbox.js"])
        {
            var file = files.Find(module)!;
            // For pages of other origins; what it connects to decides by itself whom it lets in.
            app.MapWebPage($"/{module}", _ => file, headers => headers.AccessControlAllowOrigin = "*");
        }
    }
}
