using System.Text;
using ChatServer.Tests.RoomHost.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Conformance;

/// <summary>The opening handshake (RFC 6455, section 4).</summary>
public abstract class HandshakeConformance(RoomRedis? redis) : ConformanceSpecification(redis)
{
    private static readonly (string Header, int Status)[] Variations =
    [
        ("X: 1", 101), ("Upgrade: WebSocket", 101), ("Upgrade: h2c, websocket", 101), ("Connection: keep-alive, Upgrade", 101),
        ("Connection: upgrade", 101), ("Content-Length: 0", 101), ("Sec-WebSocket-Protocol: chat.v1", 101),
        ("Sec-WebSocket-Protocol: foo, bar", 101), ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", 101),
        ("Upgrade:", 200), ("Upgrade: h2c", 200), ("Upgrade: websocket2", 200),
        ("Sec-WebSocket-Key:\r\nSec-WebSocket-Version:", 200), // a proxy that adds Upgrade and Connection to every request
        ("Connection:", 400), ("Connection: keep-alive", 400), ("Content-Length: 3", 400),
        ("Sec-WebSocket-Key:", 400), ("Sec-WebSocket-Key: x", 400), ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAAA", 400),
        ("Sec-WebSocket-Key: ****************====", 400),
        ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Key: BAAAAAAAAAAAAAAAAAAAAA==", 400),
        ("Sec-WebSocket-Version:", 426), ("Sec-WebSocket-Version: 8", 426), ("Sec-WebSocket-Version: 14", 426),
        ("Sec-WebSocket-Version: 13, 8", 426),
    ];

    [Fact]
    public async Task Handshake_is_accepted_or_refused_with_a_status_of_HTTP()
    {
        foreach (var (header, status) in Variations)
        {
            var head = await AnswerAsync(RawWebSocket.Request("/?user=ann", header.EndsWith(':') ? header.Split("\r\n") : [header]));
            Assert.True(head.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), $"{header}: {head}");
            if (status == 101 && !header.StartsWith("Sec-WebSocket-Key", StringComparison.Ordinal))
                Assert.Contains($"Sec-WebSocket-Accept: {RawWebSocket.AcceptOfKey}", head, StringComparison.OrdinalIgnoreCase);
            Assert.Equal(status == 426, head.Contains("Sec-WebSocket-Version: 13", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Fact]
    public async Task Only_a_GET_of_HTTP_1_1_is_a_handshake()
    {
        var request = RawWebSocket.Request("/?user=ann");
        foreach (var (line, status) in ((string, int)[])
            [("HEAD /?user=ann HTTP/1.1", 200), ("GET /?user=ann HTTP/1.0", 400), ("GET /?user=ann HTTP/2.0", 505)])
        {
            var head = await AnswerAsync(request.Replace("GET /?user=ann HTTP/1.1", line, StringComparison.Ordinal));
            Assert.True(head.Contains($" {status} ", StringComparison.Ordinal), $"{line}: {head}");
        }
    }

    private async Task<string> AnswerAsync(string request)
    {
        using var client = await RawWebSocket.ConnectAsync((await RoomAsync()).Port);
        await client.SendBytesAsync(Encoding.ASCII.GetBytes(request));
        return await client.ReadHeadAsync();
    }
}

public sealed class HandshakeAtTheRoomsPort() : HandshakeConformance(null);

public sealed class HandshakeThroughLoadBalancer(RoomRedis redis) : HandshakeConformance(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}
