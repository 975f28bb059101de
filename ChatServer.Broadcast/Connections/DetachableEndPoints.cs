using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace ChatServer.Broadcast.Connections;

/// <summary>
/// Kestrel's transport for ordinary endpoints, an address and a port, with connections that a WebSocket handshake can detach: see <see
/// cref="RoomConnection"/>. Register it as an <see cref="IConnectionListenerFactory"/> in place of Kestrel's own.
/// </summary>
public sealed class DetachableEndPoints(RoomPortsOptions options, TimeProvider time, ILogger<RoomPorts> logger)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private static readonly object NoRoom = new();

    private RoomPorts? _ports; // of one endpoint: they count the sockets of the process

    /// <summary>
    /// Counts a socket that the process opens itself; false if too many are open. <see cref="ReleaseSocket"/> must follow.
    /// </summary>
    public bool TryReserveSocket() => Volatile.Read(ref _ports)?.TryReserveSocket() ?? true;

    /// <summary>A counted socket was closed.</summary>
    public void ReleaseSocket() => Volatile.Read(ref _ports)?.ReleaseSocket();

    bool IConnectionListenerFactorySelector.CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    ValueTask<IConnectionListener> IConnectionListenerFactory.BindAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        var address = (IPEndPoint)endpoint;
        var ports = new RoomPorts(options with { Bind = address.Address }, time, logger);
        Interlocked.CompareExchange(ref _ports, ports, null);
        var port = ports.Open(address.Port, NoRoom) ?? throw new AddressInUseException($"{address} is in use, or not permitted.");
        return ValueTask.FromResult(ports.CreateListener(new IPEndPoint(address.Address, port)));
    }
}
