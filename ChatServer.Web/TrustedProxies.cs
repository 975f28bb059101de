using System.Net;
using ChatServer.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace ChatServer.Web;

/// <summary>Client address and scheme of a request that a load balancer forwarded.</summary>
public static class TrustedProxies
{
    private static readonly object OriginKey = new();

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
        // Before the forwarded headers replace the proxy's address by that of the client.
        app.Use((context, next) =>
        {
            if (ForwardedOrigin(context.Request.Headers, context.Connection.RemoteIpAddress, trusted) is { } origin)
                context.Items[OriginKey] = origin;
            return next(context);
        });
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in trusted)
            options.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(options);
    }

    /// <summary>
    /// The origin of the pages that the client gets from the proxy before this process: scheme and host in the headers of a trusted proxy;
    /// null without one.
    /// </summary>
    public static string? ForwardedOrigin(this HttpContext context) => context.Items[OriginKey] as string;

    private static string? ForwardedOrigin(IHeaderDictionary headers, IPAddress? peer, IReadOnlyList<IPNetwork> trusted)
    {
        if (peer is { IsIPv4MappedToIPv6: true }) peer = peer.MapToIPv4();
        return peer is not null && trusted.Any(network => network.Contains(peer))
            && WebOrigin.Of(First("X-Forwarded-Proto"), First("X-Forwarded-Host")) is { } origin
            ? WebOrigin.Text(origin)
            : null;

        string First(string header) => headers[header].ToString().Split(',')[0].Trim();
    }
}
