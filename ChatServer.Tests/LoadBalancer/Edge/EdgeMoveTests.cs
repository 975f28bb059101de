using ChatServer.Contracts;
using ChatServer.Tests.RoomHost.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.LoadBalancer.Edge;

/// <summary>Members of a load balancer when their room moves, ends or is lost.</summary>
public sealed class EdgeMoveTests(RoomRedis redis) : RoomSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;

    [Fact]
    public async Task Members_of_two_load_balancers_keep_their_connections_when_the_room_moves()
    {
        var room = await OpenAsync();
        await using var other = await RoomFront.StartAsync(Redis!, room.Name, TimeProvider.System);
        var ann = await room.JoinAsync("user=ann");
        var ben = await room.JoinAsync("user=ben");
        await using var cid = await RoomClient.JoinAsync(other.Port, "user=cid");
        await ann.SayAsync("before");
        await cid.NextAsync("message");

        for (var move = 0; move < 3; move++)
        {
            await room.MoveAsync();
            await ann.SayAsync($"from ann {move}");
            await cid.SayAsync($"from cid {move}");
        }

        Assert.All([ann, ben, cid], member => Assert.False(member.HasEnded));
        foreach (var member in (RoomClient[])[ann, ben, cid])
            Assert.Equal(Enumerable.Range(1, 7).Select(seq => (long)seq), (await member.ReadLogAsync(7)).Select(e => e.Seq));
        Assert.DoesNotContain(ben.Events, e => e.Type is "closing" or "error");
    }

    [Fact]
    public async Task Move_shows_no_leave_and_no_join_and_ends_with_all_names()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        await ann.NextAsync("presence");
        await room.JoinAsync("user=ben");
        await ann.NextAsync("presence");

        await room.MoveAsync();

        var presence = await ann.NextAsync("presence");
        Assert.Equal(2, presence.Json.GetProperty("count").GetInt32());
        Assert.Equal(["ann", "ben"], presence.List("members").Order());
        Assert.Empty(presence.List("joined"));
        Assert.Empty(presence.List("left"));
        Assert.Equal(["ann", "ben"], (await room.Room.Queries.MembersAsync()).Names);
    }

    [Fact]
    public async Task Messages_that_the_former_host_did_not_log_are_sent_again_to_the_next_one()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        await ann.SayAsync("logged", "m0");
        Assert.True(await room.Room.PauseAsync(Eventually.Timeout));
        for (var i = 1; i <= 10; i++)
            await ann.SendAsync(new { type = "message", id = $"m{i}", text = $"{i}" });

        await room.MoveAsync();

        Assert.Equal(
            Enumerable.Range(0, 11).Select(i => $"m{i}"), (await ann.ReadLogAsync(11)).Select(e => e["id"]));
        await ann.CatchUpAsync();
        Assert.Equal(11, ann.Log.Count);
        Assert.Equal(11, (await Redis!.ReadAsync(room.Name)).Events.Count);
    }

    [Fact]
    public async Task Join_during_a_move_is_answered_by_the_next_host()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        Assert.True(await room.Room.PauseAsync(Eventually.Timeout));
        var joining = room.JoinAsync("user=ben");
        await ann.SendAsync(new { type = "message", id = "m1", text = "waits" });

        await room.MoveAsync();

        Assert.Equal("ben", (await joining).User);
        Assert.Equal("m1", (await ann.NextAsync("message"))["id"]);
    }

    [Fact]
    public async Task Messages_during_repeated_moves_are_logged_once_and_received_in_order()
    {
        const int Messages = 100;
        var room = await OpenAsync(host: RoomsHost.Defaults with { MessagesPerSecond = 0 });
        var ann = await room.JoinAsync("user=ann");
        var ben = await room.JoinAsync("user=ben");
        var sending = Task.Run(async () =>
        {
            for (var i = 1; i <= Messages; i++)
                await ann.SayAsync($"{i}", $"m{i}");
        });
        while (!sending.IsCompleted)
        {
            var received = ben.Log.Count;
            await room.MoveAsync();
            await Eventually.Async(() => ben.Log.Count > received || sending.IsCompleted);
        }
        await sending;

        var expected = Enumerable.Range(1, Messages).Select(i => $"m{i}").ToList();
        Assert.Equal(expected, (await ben.ReadLogAsync(Messages)).Select(e => e["id"]));
        Assert.Equal(expected, ann.Log.Select(e => e["id"]));
        Assert.All([ann, ben], member => Assert.False(member.HasEnded));
    }

    [Fact]
    public async Task Former_host_that_continues_reaches_no_member_of_a_load_balancer()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        await ann.SayAsync("before");
        var former = room.Room;
        await using var other = await RoomsHost.StartAsync(redis: Redis);
        var next = other.OpenPort(room.Name);

        await room.TakeOverAsync(next);
        await Eventually.Async(() => next.Room!.Connections, count => count == 1);
        former.Post(() => former.Broadcaster.AppendTransient("""{"type":"typing","users":["former"]}"""u8));

        await ann.SayAsync("after");
        await Eventually.Async(() => former.Connections, count => count == 0);
        Assert.Equal(["before", "after"], ann.Log.Select(e => e["text"]));
        Assert.DoesNotContain(ann.Events, e => e.Type == "typing");
        Assert.False(ann.HasEnded);
        await next.Room!.CloseAsync(CloseCodes.GoingAway, "over", reconnect: false, Eventually.Timeout);
        await next.Room.DisposeAsync();
    }

    [Fact]
    public async Task Members_are_closed_with_1001_when_the_epoch_has_changed()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        await ann.SayAsync("lost");

        await room.MoveAsync(newEpoch: true);

        Assert.Equal(1001, (await ann.ClosedAsync()).Code);
        Assert.True((await ann.NextAsync("closing")).Json.GetProperty("reconnect").GetBoolean());
        var back = await room.JoinAsync($"user=ann&since={ann.Since}");
        Assert.False(back.Welcome.Json.GetProperty("resumed").GetBoolean());
    }

    [Fact]
    public async Task Members_of_a_memory_room_are_closed_with_1001_when_its_host_ends()
    {
        var room = await OpenAsync(new RoomOptions { Durability = Durability.Memory });
        var ann = await room.JoinAsync("user=ann");
        await ann.SayAsync("in memory");

        await room.LoseAsync();

        Assert.Equal((1001, "moved"), await ann.ClosedAsync());
    }

    [Theory]
    [InlineData(CloseCodes.RoomClosed, "room-closed", false)]
    [InlineData(CloseCodes.InternalError, "internal-error", true)]
    public async Task Members_get_the_code_with_which_the_room_ends(ushort code, string reason, bool reconnect)
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        await ann.SayAsync("last");

        await room.Room.CloseAsync(code, reason, reconnect, Eventually.Timeout);

        Assert.Equal((code, reason), await ann.ClosedAsync());
        var closing = ann.Events[^1];
        Assert.Equal($$"""{"type":"closing","reason":"{{reason}}","reconnect":{{(reconnect ? "true" : "false")}}}""", $"{closing}");
    }
}
