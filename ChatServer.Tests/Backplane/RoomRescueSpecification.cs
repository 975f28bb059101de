using ChatServer.Backplane;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Backplane;

/// <summary>Moves of rooms from hosts that are dead, suspected to be dead, or draining.</summary>
public abstract class RoomRescueSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    [Fact]
    public async Task Rooms_of_a_dead_host_move_to_live_hosts_with_their_logs()
    {
        var dead = await HostAsync("a");
        var api = Process();
        var rooms = new List<RoomRecord>();
        foreach (var name in Enumerable.Range(0, 20).Select(i => $"room-{i}"))
            rooms.Add(await CreateAsync(api, name));
        Assert.Equal(AppendResult.Appended, await api.Log.AppendAsync("room-7", rooms[7].Term, 0, 10, 1, 0, new[] { Entries.Of("said") }));
        var living = new[] { await HostAsync("b"), await HostAsync("c") };
        await living[0].Process.Rescue.RunAsync(Cancelled); // records that the host is alive

        await dead.BeLongDeadAsync();
        Assert.Equal(20, await living[0].Process.Rescue.RunAsync(Cancelled));

        await Eventually.Async(() => living.Sum(h => h.Open.Count) == 20);
        Assert.All(living, h => Assert.Equal(10, h.Open.Count));
        Assert.Empty(await api.Ownership.WantedAsync("a"));
        var moved = await api.Rooms.FindAsync("room-7");
        Assert.Equal((rooms[7].Epoch, 1L), (moved!.Epoch, moved.Seq));
        Assert.Equal(AppendResult.Fenced, await api.Log.AppendAsync("room-7", rooms[7].Term, 1, 10, 1, 0, new[] { Entries.Of("late") }));
    }

    [Fact]
    public async Task Malformed_room_record_does_not_block_other_rescues()
    {
        const int Rooms = 40; // more than are moved concurrently
        var dead = await HostAsync("a");
        for (var i = 0; i < Rooms; i++)
            await CreateAsync(dead.Process, $"room-{i}");
        var living = await HostAsync("b");
        await living.Process.Rescue.RunAsync(Cancelled); // records that the host is alive
        var first = (string)(await Raw.SetMembersAsync(RedisNames.HostRooms("a")))[0]!;
        await Raw.HashSetAsync(RedisNames.Room(first), "createdAt", "malformed");
        await dead.BeLongDeadAsync();

        await Assert.ThrowsAsync<AggregateException>(() => living.Process.Rescue.RunAsync(Cancelled));

        await Eventually.Async(() => living.Open.Count, open => open == Rooms - 1);
        Assert.Equal([first], await dead.Process.Ownership.WantedAsync("a"));
    }

    [Fact]
    public async Task Only_one_process_does_the_rescue()
    {
        var dead = await HostAsync("a");
        var living = await HostAsync("b");
        var processes = Enumerable.Range(0, 5).Select(_ => Process()).ToList();
        for (var i = 0; i < 10; i++)
            await CreateAsync(processes[0], $"room-{i}");
        await Task.WhenAll(processes.Select(p => p.Rescue.RunAsync(Cancelled)));
        var orphans = dead.Open.Count;
        await dead.BeLongDeadAsync();

        var moved = await Task.WhenAll(processes.Select(p => p.Rescue.RunAsync(Cancelled)));

        Assert.Equal(orphans, moved.Sum());
        Assert.Single(moved, m => m > 0);
        await Eventually.Async(() => living.Open.Count == 10);
    }

    [Fact]
    public async Task Host_never_seen_alive_keeps_its_rooms_for_the_grace_period()
    {
        var dead = await HostAsync("a");
        await CreateAsync(dead.Process, "lobby");
        await dead.BeLongDeadAsync();
        await HostAsync("b");
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var fresh = Process(time);

        Assert.Equal(0, await fresh.Rescue.RunAsync(Cancelled));
        time.Advance(RoomRescue.StartupGrace);
        Assert.Equal(1, await fresh.Rescue.RunAsync(Cancelled));
    }

    [Fact]
    public async Task Grace_period_restarts_after_an_outage()
    {
        var dead = await HostAsync("a");
        await CreateAsync(dead.Process, "lobby");
        await HostAsync("b");
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var other = Process(time);
        await other.Rescue.RunAsync(Cancelled); // records that the host is alive
        time.Advance(RoomRescue.StartupGrace);
        await dead.BeLongDeadAsync();

        other.Rescue.ResetGrace();

        Assert.Equal(0, await other.Rescue.RunAsync(Cancelled));
        time.Advance(RoomRescue.StartupGrace);
        Assert.Equal(1, await other.Rescue.RunAsync(Cancelled));
    }

    [Fact]
    public async Task A_closing_room_of_a_dead_host_is_deleted_and_not_moved()
    {
        var (dead, living) = (await HostAsync("a"), await HostAsync("b"));
        var api = Process();
        var room = await CreateAsync(api, "lobby");
        var (holder, other) = room.HostId == "a" ? (dead, living) : (living, dead);
        holder.Silent = true;
        Assert.True(await api.Rooms.ShutdownAsync("lobby"));
        await holder.BeLongDeadAsync();

        await Eventually.Async(async () =>
        {
            await other.Process.Rescue.RunAsync(Cancelled); // the dead host may still have the role
            return await other.Process.Rooms.FindAsync("lobby");
        }, found => found is null);
        Assert.Empty(await api.Rooms.NamesAsync());
    }

    [Fact]
    public async Task Suspected_host_loses_its_room_before_its_lease_expires()
    {
        var suspect = await HostAsync("a");
        var room = await CreateAsync(suspect.Process, "lobby");
        suspect.Silent = true;
        await HostAsync("b");

        var reopened = await Process().Placement.ReopenAsync("lobby", room.Term, Cancelled);

        Assert.Equal(("b", RoomState.Open), (reopened!.HostId, reopened.State));
        Assert.True(reopened.Term > room.Term);
        Assert.Equal(room.Epoch, reopened.Epoch);
        Assert.Equal(
            AppendResult.Fenced, await suspect.Process.Log.AppendAsync("lobby", room.Term, 0, 10, 1, 0, new[] { Entries.Of("late") }));
    }

    [Fact]
    public async Task Concurrent_suspicions_move_the_room_once()
    {
        var suspect = await HostAsync("a");
        var room = await CreateAsync(suspect.Process, "lobby");
        suspect.Silent = true;
        await HostAsync("b");
        await HostAsync("c");
        var processes = Enumerable.Range(0, 4).Select(_ => Process()).ToList();

        var reopened = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => processes[i % 4].Placement.ReopenAsync("lobby", room.Term, Cancelled)));

        Assert.Single(reopened.Select(r => (r!.HostId, r.Term)).Distinct());
    }

    [Fact]
    public async Task Room_without_another_host_reopens_when_a_host_starts()
    {
        var dead = await HostAsync("a");
        var room = await CreateAsync(dead.Process, "lobby");
        await dead.BeLongDeadAsync();
        var reopening = Process().Placement.ReopenAsync("lobby", room.Term, Cancelled);

        await HostAsync("b");

        Assert.Equal("b", (await reopening)?.HostId);
    }

    [Fact]
    public async Task A_room_that_does_not_exist_is_not_reopened()
    {
        await HostAsync("a");
        Assert.Null(await Process().Placement.ReopenAsync("lobby", 1, Cancelled));
        Assert.Empty(await Process().Rooms.NamesAsync());
    }

    [Fact]
    public async Task Draining_host_gets_no_rooms_until_it_is_resumed()
    {
        var hosts = new[] { await HostAsync("a"), await HostAsync("b") };
        var api = Process();
        Assert.True(await api.Drain.OrderAsync("a"));
        Assert.True(await hosts[0].Process.Drain.IsOrderedAsync("a"));

        for (var i = 0; i < 4; i++)
            Assert.Equal("b", (await CreateAsync(api, $"room-{i}")).HostId);

        Assert.True(await api.Drain.CancelAsync("a"));
        Assert.False(await hosts[0].Process.Drain.IsOrderedAsync("a"));
        // Within a second: the loads of the hosts are read at most once a second.
        var number = 0;
        await Eventually.Async(() => CreateAsync(api, $"later-{number++}"), room => room.HostId == "a");
    }

    [Fact]
    public async Task Only_a_host_that_lives_can_be_drained()
    {
        Assert.False(await Process().Drain.OrderAsync("nobody"));
        Assert.False(await Process().Drain.CancelAsync("nobody"));
    }
}

public sealed class RoomRescueOnEmbeddedRedis(EmbeddedRedis redis) : RoomRescueSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class RoomRescueOnInstalledRedis(InstalledRedis redis) : RoomRescueSpecification(redis), IClassFixture<InstalledRedis>;
