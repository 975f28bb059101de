using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace ChatServer.LoadBalancer.Apis;

/// <summary>The address on which an Api listens.</summary>
/// <param name="Host">A name or an address, in lower case; an IPv6 address in brackets.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record ApiAddress(string Host, int Port)
{
    private const int DefaultPort = 80;

    /// <summary>Reads <c>name</c>, <c>name:port</c>, <c>[ipv6]</c> or <c>[ipv6]:port</c>; null if the text has another form.</summary>
    public static ApiAddress? Parse(string text)
    {
        var endOfHost = text.StartsWith('[') ? text.IndexOf(']') + 1 : text.IndexOf(':');
        if (endOfHost < 0) endOfHost = text.Length;
        var (host, rest) = (text[..endOfHost], text[endOfHost..]);
        if (!IsHost(host)) return null;
        var port = rest switch
        {
            "" => DefaultPort,
            [':', .. var digits] when ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var given) => given,
            _ => 0,
        };
        return port == 0 ? null : new ApiAddress(host.ToLowerInvariant(), port);
    }

    private static bool IsHost(string host) => host is ['[', .. var inside, ']']
        ? IPAddress.TryParse(inside, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
        : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;

    /// <summary><c>host:port</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}
