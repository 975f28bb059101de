using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;

namespace ChatServer.LocalHosting.Dashboard;

/// <summary>The page's files, from the folder <c>Page</c>, inside of the assembly: there is no folder to find at run time.</summary>
internal static class DashboardPage
{
    // Nothing but our own files, no inline script or style, no markup from text, and in nobody's frame.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

    /// <summary>Puts on every answer what keeps a browser to its word.</summary>
    public static Task AddHeadersAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Also for the page itself: the next AppHost on this port may be another version.
        headers.CacheControl = "no-store";
        return next(context);
    }

    public static void UsePage(this IApplicationBuilder app)
    {
        var files = new EmbeddedFileProvider(Assembly.GetExecutingAssembly(), $"{typeof(DashboardPage).Namespace}.Page");
        app.UseDefaultFiles(new DefaultFilesOptions { FileProvider = files });
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files });
    }
}
