using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd.Abuse;

/// <summary>Attacks with frames of one member.</summary>
[Collection(AppHostCollection.Name)]
public sealed class FrameAttackTests(SharedAppHost shared) : AbuseTests(shared)
{
    private const byte Text = 0x81, DeflatedText = 0xC1, FirstFragment = 0x01, Fragment = 0x00, Ping = 0x89;

    private static readonly byte[][] InvalidUtf8 =
    [
        [0x80], [0xC0, 0xAF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
        [0xFE], [0xFF], [0x22, 0xC3, 0x28, 0x22],
    ];

    private static readonly string[] InvalidJson =
    [
        "", " ", "{", "}", "[]", "null", "1e999", "\"", "{\"type\"}", "{\"type\":}", "{\"type\":\"message\",}", "{'type':'message'}",
        "{\"type\":\"message\",\"id\":\"a\",\"text\":\"\t\"}", "{\"type\":\"message\",\"id\":\"a\",\"text\":\"\\x\"}",
        "{\"type\":\"message\",\"id\":\"a\",\"text\":\"b\"}{}", new('[', 60_000), "{\"a\":" + new string('[', 60_000), "NaN", "\u0000", "//",
    ];

    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Frame_that_announces_1_GiB_ends_the_connection_with_1009(Entrance entrance) => AttackAsync(entrance, target =>
        RepeatAsync(Size(20, 1000), async () =>
        {
            using var client = await target.JoinAsync();
            await client.SendBytesAsync((byte[])[Text, 0xFF, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4, 5]);
            Assert.Equal(1009, await client.ReadCloseCodeAsync());
        }));

    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Endless_fragments_end_the_connection(Entrance entrance) => AttackAsync(entrance, target =>
        RepeatAsync(Size(2, 50), async () =>
        {
            foreach (var (fragment, code) in ((byte[], int)[])[([], 1008), ([(byte)'x'], 1009), (new byte[1000], 1009)])
            {
                using var client = await target.JoinAsync();
                await client.SendFrameAsync(FirstFragment, "{"u8);
                await FloodAsync(client, RawWebSocket.Frame(Fragment, fragment), count: 70_000);
                Assert.Equal(code, await client.ReadCloseCodeAsync());
            }
        }));

    [Theory]
    [InlineData(Entrance.LoadBalancer, true)]
    [InlineData(Entrance.LoadBalancer, false)]
    [InlineData(Entrance.RoomPort, true)]
    [InlineData(Entrance.RoomPort, false)]
    public Task Flood_of_pings_does_not_disturb_others(Entrance entrance, bool reads) => AttackAsync(entrance, async target =>
    {
        using var client = await target.JoinAsync();
        var reading = reads ? DrainAsync(client) : Task.CompletedTask;
        await FloodAsync(client, RawWebSocket.Frame(Ping, new byte[100]), Size(10_000, 500_000));
        client.Dispose();
        await reading;
    });

    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Deflate_bomb_ends_the_connection_with_1009(Entrance entrance) => AttackAsync(entrance, target =>
    {
        var bomb = RawWebSocket.Frame(DeflatedText, Deflate(60 * 1024 * 1024));
        return RepeatAsync(Size(10, 500), async () =>
        {
            using var client = await RawWebSocket.ConnectAsync(target.Port);
            var head = await client.HandshakeAsync(RawWebSocket.Request(target.Path, "Sec-WebSocket-Extensions: permessage-deflate"));
            Assert.Contains("permessage-deflate", head, StringComparison.Ordinal);
            await client.SendBytesAsync(bomb);
            Assert.Equal(1009, await client.ReadCloseCodeAsync());
        });
    });

    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Malformed_JSON_and_UTF8_end_the_connection(Entrance entrance) => AttackAsync(entrance, target =>
        RepeatAsync(Size(1, 100), async () =>
        {
            using (var client = await target.JoinAsync())
            {
                foreach (var json in InvalidJson)
                    await client.SendTextAsync(json);
                Assert.Equal(1008, await client.ReadCloseCodeAsync());
            }
            foreach (var bytes in InvalidUtf8)
            {
                using var client = await target.JoinAsync();
                await client.SendFrameAsync(Text, bytes);
                Assert.Equal(1007, await client.ReadCloseCodeAsync());
            }
        }));

    [Theory]
    [InlineData(Entrance.LoadBalancer)]
    [InlineData(Entrance.RoomPort)]
    public Task Flood_of_messages_of_one_member_does_not_keep_others_from_chatting(Entrance entrance) => AttackAsync(entrance, async target =>
    {
        using var client = await target.JoinAsync("user=flooder");
        var reading = DrainAsync(client);
        for (var i = 0; i < Size(5_000, 200_000); i += 100)
        {
            await client.SendBytesAsync(Enumerable.Range(i, 100).SelectMany(id => RawWebSocket.Frame(
                Text, Encoding.UTF8.GetBytes($$"""{"type":"message","id":"{{id}}","text":"flood"}"""))).ToArray());
        }
        client.Dispose();
        await reading;
    });

    private static async Task RepeatAsync(int count, Func<Task> attack)
    {
        for (var i = 0; i < count; i++)
            await attack();
    }

    // The server may close the connection before all is sent.
    private static async Task FloodAsync(RawWebSocket client, byte[] frame, int count)
    {
        var batch = Enumerable.Repeat(frame, 1000).SelectMany(bytes => bytes).ToArray();
        try
        {
            using var timeout = new CancellationTokenSource(Eventually.Timeout);
            for (var sent = 0; sent < count; sent += 1000)
                await client.Socket.SendAsync(batch, timeout.Token);
        }
        catch (SocketException)
        {
            // Closed.
        }
    }

    private static async Task DrainAsync(RawWebSocket client)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await client.Socket.ReceiveAsync(buffer) > 0)
            {
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The attack is over.
        }
    }

    private static byte[] Deflate(int zeros)
    {
        var compressed = new MemoryStream();
        using (var deflate = new DeflateStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true))
            deflate.Write(new byte[zeros]);
        Assert.InRange(compressed.Length, 1, 64 * 1024); // as many as a frame holds
        return compressed.ToArray();
    }
}
