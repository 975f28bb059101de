using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// Limits the connections of an address that have not completed a handshake: one client that opens many and sends its requests byte by byte
/// must not take all sockets.
/// </summary>
/// <param name="maxPerAddress">Connections of one address.</param>
/// <param name="exempt">Networks without a limit.</param>
internal sealed class HandshakeLimiter(int maxPerAddress, IReadOnlyList<IPNetwork> exempt)
{
    // Of an IPv6 address: a client usually has the whole network.
    private const int ClientNetworkBits = 64;

    private readonly ConcurrentDictionary<IPAddress, int> _pending = new();

    /// <summary>Counts a connection; false if its address has too many. <see cref="Release"/> must follow if true.</summary>
    public bool TryBegin(IPAddress? address)
    {
        if (KeyOf(address) is not { } key)
            return true;
        if (_pending.AddOrUpdate(key, 1, static (_, count) => count + 1) <= maxPerAddress)
            return true;
        Decrement(key);
        return false;
    }

    /// <summary>The handshake is complete, or the connection is over.</summary>
    public void Release(IPAddress? address)
    {
        if (KeyOf(address) is { } key)
            Decrement(key);
    }

    private IPAddress? KeyOf(IPAddress? address)
    {
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        if (address is null || exempt.Any(network => network.Contains(address)))
            return null;
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(ClientNetworkBits / 8).Clear();
        return new IPAddress(bytes);
    }

    private void Decrement(IPAddress key)
    {
        // A count that reaches 0 is removed only if no connection was counted meanwhile.
        if (_pending.AddOrUpdate(key, 0, static (_, count) => count - 1) == 0)
            _pending.TryRemove(KeyValuePair.Create(key, 0));
    }
}
