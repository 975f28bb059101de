using System.Net;
using System.Text;
using ChatServer.Broadcast.Connections;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Broadcast.Connections;

public sealed class HandshakeLimiterTests
{
    private static readonly IPNetwork Proxies = IPNetwork.Parse("10.0.0.0/8");

    private readonly HandshakeLimiter _limiter = new(maxPerAddress: 2, [Proxies]);

    [Fact]
    public void Address_with_the_maximum_of_handshakes_may_begin_another_one_when_one_has_ended()
    {
        var address = IPAddress.Parse("192.0.2.1");
        Assert.True(_limiter.TryBegin(address));
        Assert.True(_limiter.TryBegin(address));
        Assert.False(_limiter.TryBegin(address));
        Assert.True(_limiter.TryBegin(IPAddress.Parse("192.0.2.2")));

        _limiter.Release(address);

        Assert.True(_limiter.TryBegin(address));
        Assert.False(_limiter.TryBegin(address));
    }

    [Theory]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2")]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1")]
    public void Addresses_of_one_client_are_counted_together(string one, string other)
    {
        Assert.True(_limiter.TryBegin(IPAddress.Parse(one)));
        Assert.True(_limiter.TryBegin(IPAddress.Parse(other)));
        Assert.False(_limiter.TryBegin(IPAddress.Parse(one)));
    }

    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("::ffff:10.1.2.3")]
    public void Handshakes_through_trusted_proxies_are_not_limited(string proxy)
    {
        for (var i = 0; i < 10; i++)
            Assert.True(_limiter.TryBegin(IPAddress.Parse(proxy)));
    }

    [Fact]
    public async Task Handshakes_that_trickle_in_take_no_connection_from_members_and_other_addresses()
    {
        await using var host = await SocketsHost.StartAsync(new() { Bind = IPAddress.Any, MaxHandshakesPerAddress = 2 });
        var port = host.Open("lobby");
        using var member = await RawWebSocket.JoinAsync(port); // its handshake is complete: it does not count
        using var first = await TrickleAsync(port);
        using var second = await TrickleAsync(port);
        using (var third = await RawWebSocket.ConnectAsync(port))
            Assert.True(await third.IsClosedAsync());

        using var other = await RawWebSocket.JoinAsync(port, prepare: socket => socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0)));
        await member.SendTextAsync("still here");
        Assert.Equal("still here", (await member.ReadFrameAsync()).Text);

        first.Dispose();
        await Eventually.Async(async () =>
        {
            using var next = await RawWebSocket.JoinAsync(port);
            return true;
        }, joined => joined);
    }

    private static async Task<RawWebSocket> TrickleAsync(int port)
    {
        var client = await RawWebSocket.ConnectAsync(port);
        await client.SendBytesAsync(Encoding.ASCII.GetBytes("GET / HT"));
        return client;
    }
}
