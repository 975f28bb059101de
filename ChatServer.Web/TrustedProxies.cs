using System.Net;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Configuration;
using IPNetwork = System.Net.IPNetwork;

namespace ChatServer.Web;

/// <summary>Who a request comes from when it came through a load balancer.</summary>
public static class TrustedProxies
{
    /// <summary>
    /// Believes <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> from the proxies in <c>TRUSTED_PROXIES</c> and from nobody
    /// else: anyone can write a header.
    /// </summary>
    /// <exception cref="StartupException">An entry is neither an address nor a network.</exception>
    public static void UseTrustedProxies(this WebApplication app)
    {
        var trusted = app.Configuration.ReadTrustedProxies();
        if (trusted.Count == 0)
            return;
        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            // A proxy may stand in front of a load balancer: from the last hop back to the first one that is not trusted.
            ForwardLimit = null,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in trusted)
            options.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(options);
    }

    /// <summary><c>TRUSTED_PROXIES</c>: addresses, or networks such as <c>10.0.0.0/8</c>, comma-separated. Not set: nobody is trusted.</summary>
    /// <exception cref="StartupException">An entry is neither an address nor a network.</exception>
    public static IReadOnlyList<IPNetwork> ReadTrustedProxies(this IConfiguration configuration) =>
    [
        .. (configuration["TRUSTED_PROXIES"] ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Parse),
    ];

    private static IPNetwork Parse(string entry) =>
        IPAddress.TryParse(entry, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(entry, out var network) ? network
        : throw new StartupException($"TRUSTED_PROXIES has '{entry}', which is neither an address nor a network.");
}
