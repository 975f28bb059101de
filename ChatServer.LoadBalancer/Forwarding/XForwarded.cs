using System.Net;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using IPNetwork = System.Net.IPNetwork;

namespace ChatServer.LoadBalancer.Forwarding;

/// <summary>
/// Sets <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> of every request before it is forwarded. Values from a trusted proxy are
/// kept, and its address is appended. Values from other clients are removed, because limits and audits rely on these headers.
/// </summary>
/// <remarks>Changes the incoming headers: one rule applies to rooms and Apis. YARP's transforms would apply to Apis only.</remarks>
internal sealed class XForwarded(RequestDelegate next, IReadOnlyList<IPNetwork> trusted)
{
    private const string Prefix = "X-Forwarded-";
    private const string For = Prefix + "For";
    private const string Proto = Prefix + "Proto";
    private const string Host = Prefix + "Host";

    public Task InvokeAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (!IsTrusted(context.Connection.RemoteIpAddress, trusted))
            RemoveForwarded(headers);
        headers[For] = string.Join(", ", [.. headers[For], $"{Peer(context.Connection.RemoteIpAddress)}"]);
        // One value instead of a list with one value per hop: the scheme and host that the client used.
        if (StringValues.IsNullOrEmpty(headers[Proto])) headers[Proto] = context.Request.Scheme;
        if (StringValues.IsNullOrEmpty(headers[Host])) headers[Host] = headers.Host;
        // An empty Host is valid. It would be sent in addition to that of the service, which refuses two of them and closes the connection.
        if (StringValues.IsNullOrEmpty(headers.Host)) headers.Remove(HeaderNames.Host);
        return next(context);
    }

    /// <summary>
    /// The address of the client of a request that passed <see cref="InvokeAsync"/>: the last hop that is not a trusted proxy.
    /// </summary>
    public static IPAddress? ClientAddress(HttpContext context, IReadOnlyList<IPNetwork> trusted)
    {
        var hops = context.Request.Headers[For].ToString().Split(',', StringSplitOptions.TrimEntries);
        IPAddress? client = null;
        foreach (var hop in hops.Reverse())
        {
            if (!IPAddress.TryParse(hop, out var address))
                break;
            client = address;
            if (!trusted.Any(network => network.Contains(address)))
                break;
        }
        return client;
    }

    /// <summary>
    /// The scheme that the client of such a request used. A trusted proxy may send a list, with that of the client first.
    /// </summary>
    public static string ClientScheme(HttpContext context) => First(context, Proto);

    /// <summary>The host that the client of such a request used, with its port.</summary>
    public static string ClientHost(HttpContext context) => First(context, Host);

    /// <summary>Whether the connection comes from a trusted proxy.</summary>
    public static bool IsTrusted(IPAddress? peer, IReadOnlyList<IPNetwork> trusted) =>
        Peer(peer) is { } address && trusted.Any(network => network.Contains(address));

    private static string First(HttpContext context, string header) => context.Request.Headers[header].ToString().Split(',')[0].Trim();

    /// <summary>
    /// Removes also headers that are not set here (<c>-Port</c>, <c>-Prefix</c>) and <c>Forwarded</c>: a service may read them.
    /// </summary>
    private static void RemoveForwarded(IHeaderDictionary headers)
    {
        headers.Remove("Forwarded");
        foreach (var name in headers.Keys.Where(name => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)).ToArray())
            headers.Remove(name);
    }

    // A listener on [::] reports IPv4 clients as ::ffff:192.0.2.1. Settings and bans contain the IPv4 form.
    private static IPAddress? Peer(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
