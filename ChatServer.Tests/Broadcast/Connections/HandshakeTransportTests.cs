using System.Net;
using System.Net.Sockets;
using ChatServer.Broadcast.Connections;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatServer.Tests.Broadcast.Connections;

public sealed class HandshakeTransportTests
{
    [Fact]
    public async Task Abort_is_reported_even_if_the_connection_is_disposed_at_once()
    {
        var ports = new RoomPorts(new RoomPortsOptions { Bind = IPAddress.Loopback }, TimeProvider.System, NullLogger<RoomPorts>.Instance);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var port = new RoomPort(ports, listener, 1, "lobby");
        for (var i = 0; i < 100; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
            var transport = new HandshakeTransport(new RoomConnection(ports, socket, port), socket);
            var closed = transport.ConnectionClosed;
            transport.Abort(new ConnectionAbortedException("test"));
            await transport.DisposeAsync();
            await Eventually.Async(() => closed.IsCancellationRequested);
        }
    }
}
