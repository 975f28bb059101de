using System.Text;
using System.Text.Json;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>A member that does not read does not affect other members, and uses a bounded amount of memory.</summary>
public abstract class SlowMemberSpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    private const int BufferBytes = 256 * 1024;

    private static readonly ChatServer.RoomHost.RoomHostOptions SmallBuffer =
        RoomsHost.Defaults with { RoomBufferBytes = BufferBytes, MessagesPerSecond = 0 };

    [Fact]
    public async Task Member_that_does_not_read_is_closed_with_1013_without_delaying_others()
    {
        // The clock does not advance, so the room disconnects no member for silence or for a slow close.
        var room = await OpenAsync(host: SmallBuffer, time: new FakeTimeProvider());
        using var slow = await RawWebSocket.JoinAsync(room.Port, "/?user=slow", socket => socket.ReceiveBufferSize = 4096);
        var ann = await room.JoinAsync("user=ann");
        var bob = await room.JoinAsync("user=bob");
        var text = new string('x', 4000);
        for (var i = 0; i < 2500; i++) // 10 MB, of which the kernel buffers a part for the slow member
            await ann.SayAsync(text);

        Assert.Equal(Enumerable.Range(1, 2500).Select(i => (long)i), (await bob.ReadLogAsync(2500)).Select(e => e.Seq));
        Assert.InRange(room.Room.Ring.Capacity, 1, BufferBytes);

        // The slow member reads again. It receives complete frames without a gap, and then the closing event.
        var seen = 0L;
        RawFrame frame;
        while ((frame = await slow.ReadFrameAsync()).Opcode == 1 && !frame.Text.Contains("\"closing\"", StringComparison.Ordinal))
        {
            if (frame.Text.Contains("\"type\":\"message\"", StringComparison.Ordinal))
                Assert.StartsWith($$"""{"type":"message","seq":{{++seen}},""", frame.Text, StringComparison.Ordinal);
        }
        Assert.Equal("""{"type":"closing","reason":"too-slow","reconnect":true}""", frame.Text);
        Assert.Equal(1013, await slow.ReadCloseCodeAsync());
        Assert.InRange(seen, 1, 2400);
    }

    [Fact]
    public async Task Member_that_never_reads_again_is_aborted()
    {
        var time = new FakeTimeProvider();
        var room = await OpenAsync(host: SmallBuffer, time: time);
        using var slow = await RawWebSocket.JoinAsync(room.Port, "/?user=slow", socket => socket.ReceiveBufferSize = 4096);
        var ann = await room.JoinAsync("user=ann");
        var text = new string('x', 4000);
        for (var i = 0; i < 2500; i++)
            await ann.SayAsync(text);

        Assert.Equal(2, room.Room.Connections);
        await Eventually.Async(
            async () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                await ann.CatchUpAsync(); // ann sends frames, so the room does not close it for silence
                return room.Room.Connections;
            },
            count => count == 1);
        await ann.SayAsync("still here");
    }

    [Fact]
    public async Task Member_that_pings_without_reading_is_closed_with_1013()
    {
        var room = await OpenAsync(host: SmallBuffer, time: new FakeTimeProvider());
        using var pinger = await RawWebSocket.JoinAsync(room.Port, "/?user=pinger", socket => socket.ReceiveBufferSize = 4096);
        var ping = RawWebSocket.Frame(0x89, Encoding.ASCII.GetBytes(new string('p', 125)));
        byte[] pings = [.. Enumerable.Repeat(ping, 1000).SelectMany(f => f)];
        for (var i = 0; i < 100; i++) // 13 MB of pongs
            await pinger.SendBytesAsync(pings);
        Assert.Equal(1013, await pinger.ReadCloseCodeAsync());
    }

    [Fact]
    public async Task A_member_that_reads_slowly_but_keeps_up_gets_everything()
    {
        var room = await OpenAsync(host: SmallBuffer);
        using var slow = await RawWebSocket.JoinAsync(room.Port, "/?user=slow", socket => socket.ReceiveBufferSize = 4096);
        var ann = await room.JoinAsync("user=ann");
        var text = new string('x', 4000);
        var seen = 0L;
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < 25; i++) // less than the ring holds
                await ann.SayAsync(text);
            while (seen < (round + 1) * 25)
            {
                if ((await slow.ReadFrameAsync()).Text.Contains($"\"seq\":{seen + 1},", StringComparison.Ordinal))
                    seen++;
            }
        }
        Assert.Equal(500, seen);
    }

    [Fact]
    public async Task Large_broadcast_reaches_many_members_including_a_late_reader()
    {
        const int MessageCount = 1500; // 600 KB: more than the socket of the late reader buffers
        var room = await OpenAsync(host: RoomsHost.Defaults with { MessagesPerSecond = 0 });
        using var late = await RawWebSocket.JoinAsync(room.Port, "/?user=late", socket => socket.ReceiveBufferSize = 4096);
        List<RoomClient> members = [];
        for (var i = 0; i < 20; i++)
        {
            members.Add(await room.JoinAsync($"user=plain-{i}"));
            members.Add(await room.JoinAsync($"user=deflating-{i}", options => options.DangerousDeflateOptions = new()));
        }
        using var sender = await RawWebSocket.JoinAsync(room.Port, "/?user=sender");
        var texts = Enumerable.Range(1, MessageCount).Select(i => $"{i} {new string((char)('a' + i % 26), 400)}").ToList();
        await sender.SendBytesAsync(texts.SelectMany((t, i) =>
            RawWebSocket.Frame(0x81, Encoding.ASCII.GetBytes($$"""{"type":"message","id":"{{i}}","text":"{{t}}"}"""))).ToArray());

        foreach (var member in members)
            Assert.Equal(texts, (await member.ReadLogAsync(MessageCount)).Select(e => e["text"]));
        List<string> seen = [];
        while (seen.Count < MessageCount)
        {
            var e = JsonSerializer.Deserialize<JsonElement>((await late.ReadFrameAsync()).Text);
            if (e.GetProperty("type").GetString() == "message")
                seen.Add(e.GetProperty("text").GetString()!);
        }
        Assert.Equal(texts, seen);
    }
}

public sealed class SlowMembersInMemory() : SlowMemberSpecification(null);
