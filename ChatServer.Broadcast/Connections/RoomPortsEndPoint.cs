using System.Net;

namespace ChatServer.Broadcast.Connections;

/// <summary>All room ports as one endpoint of Kestrel. Its type selects <see cref="RoomPorts"/> as the transport.</summary>
public sealed class RoomPortsEndPoint : EndPoint
{
    /// <summary>
    /// Kestrel lists it among its addresses as <c>http://room-ports:0</c>: a URI, so that readers of the list can parse it.
    /// </summary>
    public override string ToString() => "room-ports:0";
}
