using System.Net;

namespace ChatServer.Broadcast.Connections;

/// <summary>All room ports as one endpoint of Kestrel: it tells <see cref="RoomPorts"/> from the transport of ordinary ports.</summary>
public sealed class RoomPortsEndPoint : EndPoint
{
    /// <summary>Kestrel lists it among its addresses as <c>http://room-ports:0</c>: a URI, so that readers of the list can parse it.</summary>
    public override string ToString() => "room-ports:0";
}
