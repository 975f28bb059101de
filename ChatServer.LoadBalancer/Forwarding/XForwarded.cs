using System.Net;
using Microsoft.Extensions.Primitives;
using IPNetwork = System.Net.IPNetwork;

namespace ChatServer.LoadBalancer;

/// <summary>
/// Puts <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> on every request before it is forwarded anywhere. What a trusted
/// proxy said is kept, and the proxy appended; what anyone else said about itself is thrown away, since limits and audits
/// behind us go by it.
/// </summary>
/// <remarks>On the incoming headers, so that rooms and Apis get the same by one rule, and not by YARP's transforms for one of them.</remarks>
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
            Forget(headers);
        headers[For] = string.Join(", ", [.. headers[For], $"{peer}"]);
        // One value, not a list of every hop's: what the client itself used.
        if (StringValues.IsNullOrEmpty(headers[Proto])) headers[Proto] = context.Request.Scheme;
        if (StringValues.IsNullOrEmpty(headers[Host])) headers[Host] = context.Request.Host.Value;
        return next(context);
    }

    /// <summary>Also those that we do not set (<c>-Port</c>, <c>-Prefix</c>), and the standard's <c>Forwarded</c>: somebody behind us may read them.</summary>
    private static void Forget(IHeaderDictionary headers)
    {
        headers.Remove("Forwarded");
        foreach (var name in headers.Keys.Where(name => name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)).ToArray())
            headers.Remove(name);
    }

    // A listener on [::] sees IPv4 clients as ::ffff:192.0.2.1; nobody writes them so in a configuration or a ban.
    private static IPAddress? Peer(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
