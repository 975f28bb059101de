using System.Net;
using System.Net.Sockets;
using System.Text;
using ChatServer.Broadcast.Connections;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Broadcast.Connections;

[Collection(NoProcessStarts.Name)]
public sealed class RoomPortsTests
{
    [Fact]
    public async Task Two_thousand_open_ports_answer_with_their_room_names()
    {
        await using var host = await SocketsHost.StartAsync();
        int[] ports = [.. Enumerable.Range(0, 2000).Select(i => host.Open($"room-{i:D4}"))];
        Assert.Equal(2000, host.Ports.Count);
        for (var i = 0; i < ports.Length; i++)
        {
            using var client = await RawWebSocket.ConnectAsync(ports[i]);
            await client.HandshakeAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.Equal($"9\r\nroom-{i:D4}", Encoding.ASCII.GetString(await client.ReadAsync(12)));
        }
    }

    [Fact]
    public async Task Connection_has_its_room_port_and_remote_address()
    {
        await using var host = await SocketsHost.StartAsync();
        var seen = new TaskCompletionSource<RoomConnection>();
        host.Handler = connection =>
        {
            seen.TrySetResult(connection);
            return new EchoHandler(connection);
        };
        host.Open("other");
        var port = host.Open("lobby");
        using var client = await RawWebSocket.JoinAsync(port);
        var connection = await seen.Task;
        Assert.Equal("lobby", connection.Room);
        Assert.Equal(port, connection.Port);
        Assert.Equal(client.Socket.LocalEndPoint, connection.RemoteEndPoint);
    }

    [Fact]
    public async Task Port_already_listening_is_not_opened()
    {
        await using var host = await SocketsHost.StartAsync();
        var mine = host.Open("lobby");
        Assert.Null(host.Ports.Open(mine, "again"));

        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        Assert.Null(host.Ports.Open(((IPEndPoint)other.LocalEndpoint).Port, "taken"));
        Assert.Equal(1, host.Ports.Count);
    }

    [Fact]
    public async Task Port_0_opens_any_free_port()
    {
        await using var host = await SocketsHost.StartAsync();
        var port = host.Ports.Open(0, "lobby")!.Value;
        using var member = await RawWebSocket.JoinAsync(port);
        Assert.True(host.Ports.IsOpen(port));
        host.Ports.Close(port);
        Assert.Equal(0, host.Ports.Count);
    }

    [Fact]
    public async Task Closed_port_refuses_connections_and_reopens_while_its_members_stay_connected()
    {
        await using var host = await SocketsHost.StartAsync();
        var port = host.Open("first");
        using var member = await RawWebSocket.JoinAsync(port);
        host.Ports.Close(port);
        host.Ports.Close(port);

        var refused = await Assert.ThrowsAsync<SocketException>(() => RawWebSocket.ConnectAsync(port));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        await member.SendTextAsync("here");
        Assert.Equal("here", (await member.ReadFrameAsync()).Text);

        Assert.Equal(port, host.Ports.Open(port, "second"));
        using var newcomer = await RawWebSocket.JoinAsync(port);
        await member.SendTextAsync("still");
        Assert.Equal("still", (await member.ReadFrameAsync()).Text);
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_until_a_member_leaves()
    {
        await using var host = await SocketsHost.StartAsync(new() { Bind = IPAddress.Loopback, MaxSockets = 3 });
        EchoHandler echo = null!;
        host.Handler = connection => echo = new EchoHandler(connection);
        var port = host.Open("lobby");
        using var first = await RawWebSocket.JoinAsync(port);
        using var second = await RawWebSocket.JoinAsync(port);
        for (var i = 0; i < 3; i++)
        {
            using var beyond = await RawWebSocket.ConnectAsync(port);
            Assert.True(await beyond.IsClosedAsync());
        }
        Assert.Throws<SocketException>(() => host.Open("another"));

        second.Dispose();
        await echo.Ended.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        using var third = await RawWebSocket.JoinAsync(port);
        await third.SendTextAsync("in");
        Assert.Equal("in", (await third.ReadFrameAsync()).Text);
    }

    [Fact]
    public async Task Kestrel_serves_ordinary_ports()
    {
        await using var host = await SocketsHost.StartAsync();
        using var http = new HttpClient();
        var address = host.Addresses.Single(address => address.StartsWith("http://127.0.0.1:", StringComparison.Ordinal));
        Assert.Equal("health", await http.GetStringAsync(new Uri(address), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Stopping_Kestrel_closes_the_ports_and_keeps_members_connected()
    {
        var host = await SocketsHost.StartAsync();
        var port = host.Open("lobby");
        using var member = await RawWebSocket.JoinAsync(port);
        await member.SendTextAsync("here");
        await member.ReadFrameAsync();
        await host.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => host.Ports.Open(port, "late"));
        await Assert.ThrowsAsync<SocketException>(() => RawWebSocket.ConnectAsync(port));
        await member.SendTextAsync("still");
        Assert.Equal("still", (await member.ReadFrameAsync()).Text);
    }

    [Fact]
    public async Task Hundreds_of_clients_join_one_port_concurrently()
    {
        await using var host = await SocketsHost.StartAsync();
        var port = host.Open("lobby");
        await Parallel.ForAsync(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 100 }, async (i, _) =>
        {
            using var client = await RawWebSocket.JoinAsync(port);
            await client.SendTextAsync($"I am {i}");
            Assert.Equal($"I am {i}", (await client.ReadFrameAsync()).Text);
            await client.SendCloseAsync(1000);
            Assert.Equal(1000, await client.ReadCloseCodeAsync());
        });
    }
}
