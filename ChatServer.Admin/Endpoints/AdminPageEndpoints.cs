using ChatServer.Web;

namespace ChatServer.Admin;

/// <summary>The page for operators. Whoever asks gets it: what it shows and orders goes through calls that take the key.</summary>
internal static class AdminPageEndpoints
{
    public static void MapAdminPage(this IEndpointRouteBuilder app)
    {
        var files = WebFiles.Of(typeof(AdminPageEndpoints).Assembly);
        var page = files.Page("index.html");
        var rooms = app.ServiceProvider.GetRequiredService<RoomDescriber>();

        app.MapWebFiles(files);
        app.MapWebPage("/", _ => page, headers => headers.AddSecurityHeaders(rooms.SocketSources));
    }
}
