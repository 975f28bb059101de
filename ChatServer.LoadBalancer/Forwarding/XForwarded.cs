using System.Net;
using Microsoft.Extensions.Primitives;
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
        var peer = Peer(context.Connection.RemoteIpAddress);
        if (peer is null || !trusted.Any(network => network.Contains(peer)))
            RemoveForwarded(headers);
        headers[For] = string.Join(", ", [.. headers[For], $"{peer}"]);
        // One value instead of a list with one value per hop: the scheme and host that the client used.
        if (StringValues.IsNullOrEmpty(headers[Proto])) headers[Proto] = context.Request.Scheme;
        if (StringValues.IsNullOrEmpty(headers[Host])) headers[Host] = context.Request.Host.Value;
        return next(context);
    }

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
