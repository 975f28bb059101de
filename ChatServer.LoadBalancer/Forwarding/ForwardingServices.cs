using System.Text;
using ChatServer.Settings;
using ChatServer.Web;

namespace ChatServer.LoadBalancer.Forwarding;

/// <summary>Limits and headers of all forwarded requests.</summary>
internal static class ForwardingServices
{
    /// <summary>
    /// Maximum size of a request body, in bytes. Bodies are streamed. An Api accepts a few KiB: this limit keeps larger bodies out of the
    /// network behind the load balancer.
    /// </summary>
    public const long MaxBodyBytes = 1024 * 1024;

    /// <summary>Adds the limits.</summary>
    public static void AddForwarding(this WebApplicationBuilder builder)
    {
        builder.LimitBodies(MaxBodyBytes);
        builder.Services.AddSingleton<Downstream>();
        // The headers of an answer keep their bytes: see Downstream.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1);
    }

    /// <summary>Sets the <c>X-Forwarded-*</c> headers for all endpoints that are mapped after it.</summary>
    /// <exception cref="StartupException"><c>TRUSTED_PROXIES</c> is invalid.</exception>
    public static void UseForwarding(this WebApplication app) =>
        app.UseMiddleware<XForwarded>(app.Configuration.Read(ServerSettings.TrustedProxies));
}
