using System.Text;
using ChatServer.LoadBalancer.Edge;
using ChatServer.Tests.RoomHost.Rooms;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LoadBalancer.Edge;

/// <summary>What a load balancer does for the members that it holds.</summary>
public sealed class EdgeMemberTests(RoomRedis redis) : RoomSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;

    [Fact]
    public async Task All_members_of_a_load_balancer_share_one_connection_to_the_room_that_ends_after_the_last_member()
    {
        var time = new FakeTimeProvider();
        var room = await OpenAsync(time: time);
        List<RoomClient> members = [];
        for (var i = 0; i < 5; i++)
            members.Add(await room.JoinAsync($"user=u{i}"));
        Assert.Equal(5, room.Room.Connections);
        Assert.Equal(1, room.Room.Broadcaster.Count);

        foreach (var member in members)
            await member.CloseAsync();
        await Eventually.Async(() => room.Room.Connections, count => count == 0);
        Assert.NotNull(room.Room.EmptyFor);
        Assert.Equal(1, room.Room.Broadcaster.Count);

        await using var direct = await RoomClient.JoinAsync(room.OwnPort, "user=direct"); // the room is busy
        await Eventually.Async(async () =>
        {
            await direct.SayAsync("to other members");
            time.Advance(TimeSpan.FromSeconds(1));
            return room.Room.Broadcaster.Count == 1;
        }, hasEnded => hasEnded);
    }

    [Fact]
    public async Task Member_that_is_not_read_from_leaves_when_its_connection_is_gone()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { MessagesPerSecond = 0 });
        var ann = await room.JoinAsync("user=ann");
        using var flooder = await RawWebSocket.JoinAsync(room.Port, "/?user=flooder");
        Assert.True(await room.Room.PauseAsync(Eventually.Timeout));
        var message = RawWebSocket.Frame(0x81, Encoding.ASCII.GetBytes(
            $$"""{"type":"message","id":"1","text":"{{new string('x', 3000)}}"}"""));
        var sent = 0;
        var sending = Task.Run(async () =>
        {
            for (; ; Interlocked.Increment(ref sent))
                await flooder.SendBytesAsync(message);
        });
        await StandsStillAsync(() => Volatile.Read(ref sent));
        flooder.Socket.LingerState = new(true, 0);
        flooder.Dispose();

        // The room answers no message. Only its broadcasts show that the connection is gone.
        await Eventually.Async(async () =>
        {
            await ann.SendAsync(new { type = "typing" });
            return room.Room.Connections == 1;
        }, hasLeft => hasLeft);
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
    }

    [Fact]
    public async Task Members_with_and_without_compression_get_the_same_events()
    {
        const string Deflate = "Sec-WebSocket-Extensions: permessage-deflate";
        var room = await OpenAsync();
        var plain = await room.JoinAsync("user=plain");
        var deflating = await room.JoinAsync("user=deflating", options => options.DangerousDeflateOptions = new());
        using var raw = await RawWebSocket.ConnectAsync(room.Port);
        var head = await raw.HandshakeAsync(RawWebSocket.Request("/?user=raw", Deflate));
        Assert.Contains("permessage-deflate", head, StringComparison.Ordinal);
        var text = new string('x', 1000);
        await plain.SayAsync(text);
        await deflating.SayAsync(text);

        Assert.Equal([1L, 2L], (await plain.ReadLogAsync(2)).Select(e => e.Seq));
        Assert.Equal([text, text], (await deflating.ReadLogAsync(2)).Select(e => e["text"]));
        RawFrame frame;
        do
            frame = await raw.ReadFrameAsync();
        while (frame.Payload.Length > 500 || (frame.FirstByte & 0x40) == 0);
        Assert.InRange(frame.Payload.Length, 1, 300); // one of the events, compressed
        await deflating.CloseAsync();
        await plain.SayAsync("and on");
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1000)]
    public async Task History_of_several_pages_is_received_in_order(int textLength)
    {
        const int Messages = 1000; // 200 KB to 1.1 MB
        var room = await OpenAsync(host: RoomsHost.Defaults with { MessagesPerSecond = 0, RoomBufferBytes = 256 * 1024 });
        var ann = await room.JoinAsync("user=ann");
        var text = new string('x', textLength);
        for (var i = 0; i < Messages; i++)
            await ann.SendAsync(new { type = "message", id = $"{i}", text });
        await ann.ReadLogAsync(Messages);

        var ben = await room.JoinAsync($"user=ben&history={Messages}");

        Assert.Equal(Enumerable.Range(1, Messages).Select(seq => (long)seq), (await ben.ReadLogAsync(Messages)).Select(e => e.Seq));
        await ann.SayAsync("afterwards");
        Assert.Equal("afterwards", (await ben.NextAsync(e => e["text"] == "afterwards", "the next message"))["text"]);
    }

    [Fact]
    public async Task Member_that_floods_a_room_that_does_not_answer_is_not_read_until_the_room_answers()
    {
        const int Messages = 6000; // 24 MB: more than the sockets on the way hold
        var room = await OpenAsync(host: RoomsHost.Defaults with { MessagesPerSecond = 0 });
        using var flooder = await RawWebSocket.JoinAsync(room.Port, "/?user=flooder&history=0");
        Assert.True(await room.Room.PauseAsync(Eventually.Timeout));
        var text = new string('x', 4000);
        var sent = 0;
        var sending = Task.Run(async () =>
        {
            for (var i = 1; i <= Messages; i++, Interlocked.Increment(ref sent))
            {
                var message = $$"""{"type":"message","id":"{{i}}","text":"{{text}}"}""";
                await flooder.SendBytesAsync(RawWebSocket.Frame(0x81, Encoding.ASCII.GetBytes(message)));
            }
        });
        Assert.InRange(await StandsStillAsync(() => Volatile.Read(ref sent)), 1, Messages - 1);

        room.Room.Unpause();

        var last = 0L;
        while (last < Messages)
        {
            var frame = await flooder.ReadFrameAsync();
            if (frame.Text.StartsWith("{\"type\":\"message\"", StringComparison.Ordinal))
                Assert.Contains($"\"seq\":{++last},", frame.Text, StringComparison.Ordinal);
        }
        await sending;
    }

    [Fact]
    public async Task Members_are_held_for_30_s_without_a_host_and_then_closed_with_1001()
    {
        var time = new FakeTimeProvider();
        var room = await OpenAsync(time: time);
        var ann = await room.JoinAsync("user=ann");
        await room.LoseAsync();

        for (var waited = TimeSpan.Zero; waited < EdgeRoom.HoldTimeout - TimeSpan.FromSeconds(1); waited += TimeSpan.FromSeconds(1))
            time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(ann.HasEnded);

        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return ann.HasEnded;
        });
        Assert.Equal((1001, "room-unavailable"), await ann.ClosedAsync());
    }

    [Fact]
    public async Task Join_without_a_host_gets_503_after_5_s()
    {
        var time = new FakeTimeProvider();
        var room = await OpenAsync(time: time);
        await room.LoseAsync();

        var handshake = RoomClient.HandshakeAsync(room.Port, "user=ann");
        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return handshake.IsCompleted;
        });

        using var answer = await handshake;
        await answer.IsProblemAsync(System.Net.HttpStatusCode.ServiceUnavailable, "room-unavailable");
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task Load_balancer_that_stops_closes_its_members_with_1001_and_the_room_keeps_their_seats()
    {
        var room = await OpenAsync();
        await using var other = await RoomFront.StartAsync(Redis!, room.Name, TimeProvider.System);
        await using var ben = await RoomClient.JoinAsync(other.Port, "user=ben");
        var ann = await room.JoinAsync("user=ann");
        await ben.NextAsync("presence");

        await room.LoadBalancer.StopAsync();

        Assert.Equal((1001, "load-balancer-stopping"), await ann.ClosedAsync());
        Assert.True((await ann.NextAsync("closing")).Json.GetProperty("reconnect").GetBoolean());
        await using var back = await RoomClient.JoinAsync(other.Port, $"user=ann&session={ann.Session}&since={ann.Since}");
        Assert.Equal("ann", back.User);
        Assert.True(back.Welcome.Json.GetProperty("resumed").GetBoolean());
        await ben.CatchUpAsync();
        Assert.DoesNotContain(ben.Events, e => e.Type == "presence" && e.List("left").Length > 0);
    }

    [Fact]
    public async Task Newer_connection_of_a_session_at_another_load_balancer_replaces_the_older_one()
    {
        var room = await OpenAsync();
        await using var other = await RoomFront.StartAsync(Redis!, room.Name, TimeProvider.System);
        var ann = await room.JoinAsync("user=ann&session=0123456789abcdef");

        await using var newer = await RoomClient.JoinAsync(other.Port, "user=ann&session=0123456789abcdef");

        Assert.Equal((4009, "replaced"), await ann.ClosedAsync());
        Assert.Equal("ann", newer.User);
    }

    // The progress of a flooder ends when the load balancer has stopped reading and the sockets are full.
    private static async Task<int> StandsStillAsync(Func<int> progress)
    {
        var (before, checks) = (-1, 0);
        await Eventually.Async(() =>
        {
            checks = progress() == before ? checks + 1 : 0;
            before = progress();
            return checks == 30;
        });
        return before;
    }
}
