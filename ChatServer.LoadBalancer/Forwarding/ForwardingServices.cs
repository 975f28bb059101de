using ChatServer.Settings;
using ChatServer.Web;

namespace ChatServer.LoadBalancer;

/// <summary>What holds for every request that passes through, whoever it is for.</summary>
internal static class ForwardingServices
{
    /// <summary>
    /// Largest request body, in bytes; it is streamed, not held. An Api takes a few KiB: this only keeps nonsense off the
    /// wire behind us.
    /// </summary>
    public const long MaxBodyBytes = 1024 * 1024;

    /// <summary>Limits. Connections, upgraded ones too, are not counted: Kestrel's default.</summary>
    public static void AddForwarding(this WebApplicationBuilder builder) => builder.LimitBodies(MaxBodyBytes);

    /// <summary>Sets the <c>X-Forwarded-*</c> headers of all that is mapped after it.</summary>
    /// <exception cref="StartupException"><c>TRUSTED_PROXIES</c> is invalid.</exception>
    public static void UseForwarding(this WebApplication app) =>
        app.UseMiddleware<XForwarded>(app.Configuration.Read(ServerSettings.TrustedProxies));
}
