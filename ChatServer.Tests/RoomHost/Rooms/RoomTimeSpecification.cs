using ChatServer.RoomHost;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>Behaviour of a room that depends on time. The test advances the clock; the sockets are real.</summary>
public abstract class RoomTimeSpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Joins_and_leaves_within_250_ms_form_one_event()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        await AdvanceAsync(room, Presence.ChangeBatchDelay);
        Assert.Equal(["type", "count", "joined", "left", "people"], (await ann.NextAsync("presence")).Members);

        await room.JoinAsync("user=bob");
        await room.JoinAsync("user=carl");
        await AdvanceAsync(room, Presence.ChangeBatchDelay - TimeSpan.FromMilliseconds(1));
        await room.JoinAsync("user=dora");
        await ann.CatchUpAsync();
        Assert.Single(ann.Events, e => e.Type == "presence");

        await AdvanceAsync(room, TimeSpan.FromMilliseconds(1));
        var presence = await ann.NextAsync("presence");
        Assert.Equal((4, "bob,carl,dora", ""), Changes(presence));
    }

    [Fact]
    public async Task Typing_is_sent_as_one_event_a_second()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        var bob = await room.JoinAsync("user=bob");
        await ann.SendAsync(new { type = "typing" });
        Assert.Equal(["ann"], (await bob.NextAsync("typing")).List("users"));

        for (var i = 0; i < 3; i++)
        {
            await ann.SendAsync(new { type = "typing" });
            await bob.SendAsync(new { type = "typing" });
        }
        await ann.CatchUpAsync();
        await bob.CatchUpAsync();
        await AdvanceAsync(room, TimeSpan.FromMilliseconds(999));
        await bob.CatchUpAsync();
        Assert.Single(bob.Events, e => e.Type == "typing");

        await AdvanceAsync(room, TimeSpan.FromMilliseconds(1));
        var typing = await bob.NextAsync("typing");
        Assert.Equal(["type", "users"], typing.Members);
        Assert.Equal(["ann", "bob"], typing.List("users").Order());
    }

    [Fact]
    public async Task Sent_message_ends_typing()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        var bob = await room.JoinAsync("user=bob");
        await ann.SendAsync(new { type = "typing" });
        await bob.NextAsync("typing");
        await ann.SendAsync(new { type = "typing" });
        await ann.SayAsync("said");
        await AdvanceAsync(room, TimeSpan.FromSeconds(1));
        await bob.CatchUpAsync();
        Assert.Single(bob.Events, e => e.Type == "typing");
    }

    [Fact]
    public async Task Member_that_answers_pings_stays_and_a_member_silent_for_45_s_is_closed()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann"); // answers pings
        using var silent = await JoinRawAsync(room);
        for (var second = 0; second < 44; second++)
        {
            await AdvanceAsync(room, TimeSpan.FromSeconds(1));
            await ann.CatchUpAsync();
        }
        Assert.Equal(2, room.Room.Connections);
        for (var second = 0; second < 6; second++)
        {
            await AdvanceAsync(room, TimeSpan.FromSeconds(1));
            await ann.CatchUpAsync();
        }

        Assert.Equal(1001, await silent.ReadCloseCodeAsync());
        silent.Dispose();
        await Eventually.Async(() => room.Room.Connections, count => count == 1);
        await ann.SayAsync("still here");
    }

    [Fact]
    public async Task Closed_connection_is_aborted_if_its_peer_never_answers()
    {
        var room = await OpenAsync();
        using var dead = await JoinRawAsync(room);
        for (var second = 0; second < 50; second++)
            await AdvanceAsync(room, TimeSpan.FromSeconds(1));
        await Eventually.Async(
            async () =>
            {
                await AdvanceAsync(room, TimeSpan.FromSeconds(1));
                return room.Room.Connections;
            },
            count => count == 0);
    }

    private protected Task<OpenRoom> OpenAsync(RoomHostOptions? host = null) => OpenAsync(null, host, _time);

    // A client that sends nothing by itself and does not answer pings.
    private protected static async Task<RawWebSocket> JoinRawAsync(OpenRoom room)
    {
        var raw = await RawWebSocket.JoinAsync(room.Port, "/?user=raw");
        Assert.Contains("welcome", (await raw.ReadFrameAsync()).Text, StringComparison.Ordinal);
        return raw;
    }

    // Advances the clock, and waits for the turns that the timers of the room cause.
    private protected async Task AdvanceAsync(OpenRoom room, TimeSpan time)
    {
        await room.Room.Queries.MembersAsync(); // the previous turn has set its timer
        _time.Advance(time);
        await room.Room.Queries.MembersAsync();
        await room.Room.Queries.MembersAsync();
    }

    private protected static async Task<(int Count, string Joined, string Left)> AllChangesAsync(RoomClient member)
    {
        await member.CatchUpAsync();
        var events = member.Events.Where(e => e.Type == "presence").Skip(1).ToList();
        return (
            Count(events[^1]),
            string.Join(',', events.SelectMany(e => e.List("joined"))),
            string.Join(',', events.SelectMany(e => e.List("left"))));
    }

    private protected static (int Count, string Joined, string Left) Changes(RoomEvent presence) =>
        (Count(presence), string.Join(',', presence.List("joined")), string.Join(',', presence.List("left")));

    private protected static int Count(RoomEvent e) => e.Json.GetProperty("count").GetInt32();
}

/// <summary>
/// These tests advance the clock by seconds at once, after which a room finds its relays silent: not through a load balancer.
/// </summary>
public sealed class RoomTimeInMemory() : RoomTimeSpecification(null)
{
    [Fact]
    public async Task Member_absent_for_5_s_has_left_and_its_name_is_free()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        var bob = await room.JoinAsync("user=bob");
        await AdvanceAsync(room, Presence.ChangeBatchDelay);
        await ann.NextAsync("presence");

        await room.DisconnectAsync(bob);
        Assert.Equal("bob-2", (await room.JoinAsync("user=bob")).User);
        await AdvanceAsync(room, Presence.SeatGracePeriod);
        await AdvanceAsync(room, Presence.ChangeBatchDelay);
        Assert.Equal((2, "bob-2", "bob"), await AllChangesAsync(ann));
        Assert.Equal("bob", (await room.JoinAsync("user=bob")).User);
    }

    [Fact]
    public async Task Rejoins_do_not_delay_the_leave_of_another_member()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        var other = await room.JoinAsync("user=other");
        var flapping = await room.JoinAsync("user=bob&session=0123456789abcdef");
        var gone = await room.JoinAsync("user=gone");

        await room.DisconnectAsync(other); // the first seat to expire
        await room.DisconnectAsync(flapping);
        await room.DisconnectAsync(gone);
        await AdvanceAsync(room, TimeSpan.FromSeconds(4));
        await room.DisconnectAsync(await room.JoinAsync("session=0123456789abcdef"));
        await AdvanceAsync(room, TimeSpan.FromSeconds(1));
        Assert.Equal(["ann", "bob"], (await room.Room.Queries.MembersAsync()).Names);
        await AdvanceAsync(room, TimeSpan.FromSeconds(4));
        Assert.Equal(["ann"], (await room.Room.Queries.MembersAsync()).Names);
        await ann.CatchUpAsync();
    }

    [Fact]
    public async Task Names_and_typing_are_omitted_above_100_members()
    {
        var room = await OpenAsync(RoomsHost.Defaults with { ConnectionsPerSecond = 0 });
        var members = new List<RoomClient>();
        for (var i = 0; i < 100; i++)
            members.Add(await room.JoinAsync($"user=member-{i}"));
        var ann = members[0];
        await AdvanceAsync(room, Presence.ChangeBatchDelay);
        var hundred = await ann.NextAsync("presence");
        Assert.Equal((100, 100), (Count(hundred), hundred.List("joined").Length));

        members.Add(await room.JoinAsync("user=one-more"));
        await AdvanceAsync(room, Presence.ChangeBatchDelay);
        Assert.Equal((101, "", ""), Changes(await ann.NextAsync("presence")));
        Assert.Equal((101, 100), (Count(members[100].Welcome), members[100].Welcome.List("members").Length));
        await ann.SendAsync(new { type = "typing" });
        await AdvanceAsync(room, TimeSpan.FromSeconds(1));
        await ann.CatchUpAsync();
        Assert.DoesNotContain(ann.Events, e => e.Type == "typing");

        await room.DisconnectAsync(members[100]);
        await AdvanceAsync(room, Presence.SeatGracePeriod);
        await AdvanceAsync(room, Presence.ChangeBatchDelay);
        var namedAgain = await ann.NextAsync("presence");
        Assert.Equal((100, "", ""), Changes(namedAgain));
        Assert.Equal(
            Enumerable.Range(0, 100).Select(i => $"member-{i}").Order(StringComparer.Ordinal),
            namedAgain.List("members").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Names_that_join_and_leave_are_sent_again_after_the_event_with_all_names()
    {
        var room = await OpenAsync(RoomsHost.Defaults with { ConnectionsPerSecond = 0 });
        var members = new List<RoomClient>();
        for (var i = 0; i < 101; i++)
            members.Add(await room.JoinAsync($"user=member-{i}"));
        var ann = members[0];
        await AdvanceAsync(room, Presence.ChangeBatchDelay);
        await ann.NextAsync("presence");
        await room.DisconnectAsync(members[100]);
        await AdvanceAsync(room, Presence.SeatGracePeriod);
        await AdvanceAsync(room, Presence.ChangeBatchDelay);
        Assert.Equal(100, (await ann.NextAsync("presence")).List("members").Length);

        await room.DisconnectAsync(members[99]);
        await AdvanceAsync(room, Presence.SeatGracePeriod);
        await AdvanceAsync(room, Presence.ChangeBatchDelay);
        var named = await ann.NextAsync("presence");
        Assert.Equal((99, "", "member-99"), Changes(named));
        Assert.False(named.Has("members"));
    }

    [Fact]
    public async Task Member_that_returns_within_5_s_causes_no_leave_and_no_join()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        var bob = await room.JoinAsync("user=bob&session=0123456789abcdef");
        await AdvanceAsync(room, Presence.ChangeBatchDelay);
        await ann.NextAsync("presence");

        await room.DisconnectAsync(bob);
        await AdvanceAsync(room, TimeSpan.FromMilliseconds(4900));
        Assert.Equal(2, (await room.Room.Queries.MembersAsync()).Count);
        var back = await room.JoinAsync("session=0123456789abcdef");
        Assert.Equal("bob", back.User);
        await AdvanceAsync(room, TimeSpan.FromSeconds(10));
        await ann.CatchUpAsync();
        Assert.Single(ann.Events, e => e.Type == "presence");
    }

    [Fact]
    public async Task Every_member_is_pinged_every_20_s()
    {
        var room = await OpenAsync();
        using var raw = await JoinRawAsync(room);
        await AdvanceAsync(room, Presence.ChangeBatchDelay);
        Assert.Contains("presence", (await raw.ReadFrameAsync()).Text, StringComparison.Ordinal);
        await AdvanceAsync(room, TimeSpan.FromMilliseconds(750));
        for (var ping = 0; ping < 3; ping++)
        {
            await AdvanceAsync(room, TimeSpan.FromSeconds(ping == 0 ? 18.9 : 19.9));
            await raw.SendTextAsync("""{"type":"ping"}""");
            Assert.Equal("""{"type":"pong"}""", (await raw.ReadFrameAsync()).Text); // no ping precedes the pong
            await AdvanceAsync(room, TimeSpan.FromMilliseconds(100));
            Assert.Equal(9, (await raw.ReadFrameAsync()).Opcode);
        }
    }
}
