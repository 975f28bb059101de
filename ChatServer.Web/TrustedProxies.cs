using ChatServer.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;

namespace ChatServer.Web;

/// <summary>Client address and scheme of a request that a load balancer forwarded.</summary>
public static class TrustedProxies
{
    /// <summary>
    /// Trusts <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> only from the proxies in <c>TRUSTED_PROXIES</c>: any client can send
    /// these headers.
    /// </summary>
    /// <exception cref="StartupException">An entry is neither an address nor a network.</exception>
    public static void UseTrustedProxies(this WebApplication app)
    {
        var trusted = app.Configuration.Read(ServerSettings.TrustedProxies);
        if (trusted.Count == 0)
            return;
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            // There may be a proxy before the load balancer: the client is the last hop that is not trusted.
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in trusted)
            options.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(options);
    }
}
