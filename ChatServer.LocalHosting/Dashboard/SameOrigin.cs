using Microsoft.AspNetCore.Http;

namespace ChatServer.LocalHosting.Dashboard;

/// <summary>
/// The dashboard starts and stops processes and has no login: any page that a developer has open could call it, if the
/// browser let it. So only its own page may. Foreign names for this machine (DNS rebinding) are refused before, by host
/// filtering; then the browser says where a call comes from, and a header that no form can send must be there.
/// </summary>
internal static class SameOrigin
{
    /// <summary>The names under which the dashboard answers.</summary>
    public static readonly string[] Hosts = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Sent by the page with every command, with any value.</summary>
    public const string CommandHeader = "X-Dashboard-Command";

    /// <summary>Answers <c>403</c> to calls from other pages, and to commands that do not prove that they come from this one.</summary>
    public static Task RequireAsync(HttpContext context, RequestDelegate next)
    {
        var request = context.Request;
        var changes = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        var isOwn = changes ? IsOwnCommand(request) : IsOwnLook(request);
        if (isOwn)
            return next(context);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return context.Response.WriteAsync("Only the dashboard's own page may do this.");
    }

    // The address bar (none) and tools that send no such header may look; a page of another site may follow a link to the page, no more.
    private static bool IsOwnLook(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"] is [] or ["same-origin" or "none"] || request.Headers["Sec-Fetch-Mode"] is ["navigate"];

    private static bool IsOwnCommand(HttpRequest request) =>
        request.Headers.ContainsKey(CommandHeader)
        && request.Headers["Sec-Fetch-Site"] is [] or ["same-origin"]
        && (request.Headers.Origin is [var origin] ? origin == $"{request.Scheme}://{request.Host}" : request.Headers["Sec-Fetch-Site"] is ["same-origin"]);
}
