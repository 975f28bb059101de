using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace ChatServer.Web;

/// <summary>Checks the header <c>Host</c>.</summary>
public static class HostNames
{
    /// <summary>
    /// Answers 400 to a host that no URL can contain, such as <c>xn--</c>. Kestrel checks only its characters, and
    /// <see cref="HttpRequest.Host"/> throws.
    /// </summary>
    internal static void RequireValidHost(this WebApplication app) => app.Use((context, next) => IsValid(context.Request.Headers.Host)
        ? next(context)
        : Problems.Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidHost, "The header Host is not a host name.")
            .ExecuteAsync(context));

    /// <summary>
    /// In Development, answers only under names that belong to this machine or are configured. Otherwise a page of any site could read the
    /// answers of a service on a developer's machine: its name would first resolve to its own server, and then to loopback (DNS
    /// rebinding). In production, names belong to the proxy before the service, and <c>AllowedHosts</c> of ASP.NET Core restricts them.
    /// </summary>
    /// <param name="app">The process.</param>
    /// <param name="known">The names under which clients reach it.</param>
    public static void UseKnownHosts(this WebApplication app, KnownHosts known)
    {
        if (!app.Environment.IsDevelopment() || !string.IsNullOrEmpty(app.Configuration["AllowedHosts"])) return;
        app.Use((context, next) => IsKnown(context.Request.Host.Host, known)
            ? next(context)
            : Problems.Of(
                StatusCodes.Status400BadRequest, ErrorCodes.HostNotAllowed,
                "In Development, this service answers only under localhost, an IP address or a configured name; AllowedHosts adds others.")
                .ExecuteAsync(context));
    }

    private static bool IsValid(string? host)
    {
        if (string.IsNullOrEmpty(host)) return true;
        try
        {
            return Uri.TryCreate($"http://{HostString.FromUriComponent(host).ToUriComponent()}/", UriKind.Absolute, out _);
        }
        catch (ArgumentException)
        {
            return false; // a label that is not valid Punycode
        }
    }

    // A request without a name comes from no browser.
    private static bool IsKnown(string host, KnownHosts known) => host.Length == 0 || known.Contains(host);
}
