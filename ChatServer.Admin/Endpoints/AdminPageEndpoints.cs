using ChatServer.Web;
using ChatServer.Web.Files;

namespace ChatServer.Admin.Endpoints;

/// <summary>The page for operators. It requires no key: its data and orders go through calls that do.</summary>
internal static class AdminPageEndpoints
{
    public static void MapAdminPage(this IEndpointRouteBuilder app)
    {
        var files = WebFiles.Of(typeof(AdminPageEndpoints).Assembly);
        var page = new WebPage(files, "index.html");
        var addresses = app.ServiceProvider.GetRequiredService<RoomAddresses>();

        app.MapWebFiles(files);
        app.MapWebPage("/", context => page.For(context.Request), headers => headers.AddSecurityHeaders(addresses.SocketSources));
    }
}
