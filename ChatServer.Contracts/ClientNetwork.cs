using System.Net;
using System.Net.Sockets;

namespace ChatServer.Contracts;

/// <summary>
/// The network that stands for a client: its IPv4 address, or the first 64 bits of its IPv6 address. A provider gives each customer at
/// least so many addresses (RFC 6177), so that a limit or a ban of a single IPv6 address would have no effect.
/// </summary>
public static class ClientNetwork
{
    private const int PrefixBytes = 8;

    /// <summary>The network of an address; empty for an unknown address.</summary>
    public static string Of(IPAddress? address)
    {
        if (address is null)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(PrefixBytes).Clear();
        return $"{new IPAddress(bytes)}/{PrefixBytes * 8}";
    }
}
