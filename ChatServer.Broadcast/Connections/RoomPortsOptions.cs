using System.Net;
using ChatServer.Contracts;

namespace ChatServer.Broadcast.Connections;

/// <summary>Address and limits of the room ports.</summary>
public sealed record RoomPortsOptions
{
    /// <summary>Connections without a handshake that are a reason to suspect an address, however many descriptors there are.</summary>
    private const int ManyHandshakes = 16 * 1024;

    /// <summary>Address that every room port binds (<c>BIND</c>). <c>::</c> includes IPv4.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Any;

    /// <summary>Largest frame, and largest message made of fragments, in bytes.</summary>
    public int MaxFrameBytes { get; init; } = Limits.MaxFrameBytes;

    /// <summary>Longest silence before a request, and longest time for its headers. Kestrel checks once a second.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Maximum number of ports and connections together; a connection beyond it is closed when it is accepted.
    /// </summary>
    public int MaxSockets { get; init; } = FileDescriptors.MaxSockets;

    /// <summary>
    /// Maximum number of connections from one address (IPv6: one /64 network) that are not WebSockets, or not yet; a connection beyond it
    /// is closed when it is accepted. The default leaves three quarters of the sockets to other addresses.
    /// </summary>
    public int MaxHandshakesPerAddress { get; init; } = Math.Min(ManyHandshakes, FileDescriptors.MaxSockets / 4);

    /// <summary>Proxies: their connections belong to many clients and are not limited by address.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];
}
