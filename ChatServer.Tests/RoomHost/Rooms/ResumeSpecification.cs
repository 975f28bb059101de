using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>The history that a new member receives, and resume after a lost connection.</summary>
public abstract class ResumeSpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    [Theory]
    [InlineData("", 50)]
    [InlineData("history=0", 0)]
    [InlineData("history=7", 7)]
    [InlineData("history=70", 70)]
    [InlineData("history=2147483647", 80)]
    public async Task New_member_receives_the_last_50_events_or_the_requested_number(string query, int count)
    {
        var room = await OpenAsync(new() { History = 80 });
        await SendMessagesAsync(room, 100);
        var ann = await room.JoinAsync(query);
        await (await room.JoinAsync("user=last")).SayAsync("last");

        Assert.Equal(Numbers(101 - count, 101), (await ann.ReadLogAsync(count + 1)).Select(e => e.Seq));
        Assert.Equal((100, false), (ann.Welcome.Seq, Resumed(ann)));
    }

    [Theory]
    [InlineData(10, 0, true)] // the log has all events
    [InlineData(10, 3, true)]
    [InlineData(10, 10, true)] // no event is missing
    [InlineData(10, 11, false)] // after the newest event
    [InlineData(100, 20, true)] // the first missing event is the oldest one in the log
    [InlineData(100, 19, false)]
    public async Task Resume_replays_exactly_the_following_events_or_reports_that_it_cannot(int logged, int since, bool resumed)
    {
        var room = await OpenAsync(new() { History = 80 });
        await SendMessagesAsync(room, logged);
        var ann = await room.JoinAsync($"since={room.Epoch}.{since}&history=5");
        await ann.SayAsync("end");

        Assert.Equal((logged, resumed), (ann.Welcome.Seq, Resumed(ann)));
        Assert.Equal(Numbers((resumed ? since : logged - 5) + 1, logged + 1), ann.Log.Select(e => e.Seq));
    }

    [Fact]
    public async Task Resume_in_another_epoch_is_not_resumed_and_receives_the_history()
    {
        var room = await OpenAsync();
        await SendMessagesAsync(room, 60);
        var ann = await room.JoinAsync("since=0123456789ab.55");
        await ann.SayAsync("end");

        Assert.False(Resumed(ann));
        Assert.Equal(room.Epoch, ann.Welcome["epoch"]);
        Assert.Equal(Numbers(11, 61), ann.Log.Select(e => e.Seq));
    }

    [Fact]
    public async Task Member_that_resumes_repeatedly_during_messages_receives_each_event_once()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { MessagesPerSecond = 0 });
        var bob = await room.JoinAsync("user=bob");
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < 1000; i++)
                await bob.SayAsync($"{i}");
        });
        var ann = await room.JoinAsync("user=ann&session=0123456789abcdef&history=10000");
        var seen = new List<long>();
        while (seen.Count < 1000)
        {
            await Eventually.Async(() => ann.Log.Count, count => count > 0);
            await room.DisconnectAsync(ann);
            await ann.ClosedAsync();
            seen.AddRange(ann.Log.Select(e => e.Seq));
            ann = await room.JoinAsync($"session=0123456789abcdef&since={room.Epoch}.{seen[^1]}");
            Assert.True(Resumed(ann));
            Assert.Equal("ann", ann.User);
        }
        await sending;
        Assert.Equal(Numbers(1, 1000), seen);
    }

    [Fact]
    public async Task History_is_kept_for_an_hour_without_members()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var room = await OpenAsync(time: time);
        var ann = await room.JoinAsync();
        await ann.SayAsync("still known");
        await room.DisconnectAsync(ann);
        for (var i = 0; i < 60; i++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            await room.Room.Queries.MembersAsync();
        }

        Assert.Equal("still known", (await (await room.JoinAsync()).NextAsync("message"))["text"]);
        if (Redis is not null)
            Assert.Equal(0, room.Room.Ring.EventCount); // the events are read from the log: an idle room releases its ring
    }

    private static async Task SendMessagesAsync(OpenRoom room, int count)
    {
        var member = await room.JoinAsync("user=sender&history=0");
        for (var i = 1; i <= count; i++)
            await member.SayAsync($"{i}");
        await room.DisconnectAsync(member);
    }

    private static IEnumerable<long> Numbers(long first, long last) =>
        Enumerable.Range((int)first, (int)(last - first + 1)).Select(i => (long)i);

    private static bool Resumed(RoomClient member) => member.Welcome.Json.GetProperty("resumed").GetBoolean();
}

public sealed class ResumingInMemory() : ResumeSpecification(null)
{
    [Fact]
    public async Task Memory_room_cannot_resume_from_an_evicted_event()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { RoomBufferBytes = 256 * 1024, MessagesPerSecond = 0 });
        var ann = await room.JoinAsync();
        for (var i = 0; i < 200; i++)
            await ann.SayAsync(new string('x', 3000));

        var late = await room.JoinAsync($"since={room.Epoch}.1&history=1000");
        await late.CatchUpAsync();
        Assert.False(late.Welcome.Json.GetProperty("resumed").GetBoolean());
        Assert.InRange(late.Log.Count, 40, 90);
        Assert.Equal(200, late.Log[^1].Seq);
    }
}

public sealed class ResumingWithRedis(RoomRedis redis) : ResumeSpecification(redis), IClassFixture<RoomRedis>
{
    [Fact]
    public async Task Events_outside_the_ring_are_read_from_the_log_without_a_gap()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { RoomBufferBytes = 256 * 1024, MessagesPerSecond = 0 });
        var bob = await room.JoinAsync("user=bob");
        for (var i = 0; i < 400; i++)
            await bob.SayAsync(new string('x', 3000));

        var late = await room.JoinAsync($"since={room.Epoch}.1");
        var newMember = await room.JoinAsync("history=300");
        for (var i = 0; i < 100; i++)
            await bob.SayAsync("meanwhile");
        Assert.True(late.Welcome.Json.GetProperty("resumed").GetBoolean());
        Assert.Equal(Enumerable.Range(2, 499).Select(i => (long)i), (await late.ReadLogAsync(499)).Select(e => e.Seq));
        Assert.Equal(Enumerable.Range(101, 400).Select(i => (long)i), (await newMember.ReadLogAsync(400)).Select(e => e.Seq));
        Assert.InRange(room.Room.Ring.Capacity, 0, 256 * 1024);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task Message_sent_before_a_move_is_recognized_after_trimming(int history)
    {
        var room = await OpenAsync(new() { History = history });
        var ann = await room.JoinAsync("user=ann&session=0123456789abcdef");
        await ann.SayAsync("one", "a");
        for (var i = 2; i <= 10; i++)
            await ann.SayAsync("more", $"{i}");

        await room.MoveAsync();

        var back = await room.JoinAsync($"user=ann&session=0123456789abcdef&since={ann.Since}");
        var again = await back.SayAsync("one", "a");
        Assert.Equal((1, "one"), (again.Seq, again["text"]));
        Assert.Equal(11, (await back.SayAsync("new", "b")).Seq);
    }

    [Fact]
    public async Task Members_of_a_moved_room_resume_and_their_messages_are_recognized()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann&session=0123456789abcdef");
        await ann.SayAsync("one", "a");
        var bob = await room.JoinAsync("user=bob");
        await bob.SayAsync("two", "b");
        room.Room.Say("robot", "@robot", "three", "c", (_, _) => { });
        await ann.ReadLogAsync(3);

        await room.MoveAsync();
        Assert.Equal((1001, "moved"), await ann.ClosedAsync());
        Assert.True(ann.Events[^1].Json.GetProperty("reconnect").GetBoolean());

        var back = await room.JoinAsync($"user=ann&session=0123456789abcdef&since={ann.Since}");
        Assert.Equal((true, ann.Welcome["epoch"]), (back.Welcome.Json.GetProperty("resumed").GetBoolean(), back.Welcome["epoch"]));
        Assert.Equal((1, "one"), ((await back.SayAsync("one", "a")) is var again ? (again.Seq, again["text"]) : default));
        var robot = new TaskCompletionSource<long>();
        room.Room.Say("robot", "@robot", "three", "c", (seq, _) => robot.SetResult(seq));
        Assert.Equal(3, await robot.Task.WaitAsync(Eventually.Timeout));
        Assert.Equal(4, (await back.SayAsync("four", "d")).Seq);
        Assert.Equal(["one", "two", "three", "four"], (await Redis!.ReadAsync(room.Name)).Events.Select(e => new RoomEvent(
            System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(e.Entry.Event.Span))["text"]));
    }
}
