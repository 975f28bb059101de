using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.Backplane;

/// <summary>The operations of a host on its rooms, and their refusal when the host no longer has the room.</summary>
public abstract class RoomOwnershipSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    [Fact]
    public async Task Claim_raises_the_term_and_its_publication_notifies_everyone()
    {
        await HostAsync("a");
        var process = Process();
        var before = await CreateAsync(process, "lobby");
        var changed = await ListenAsync(Process().Changes);

        var claimed = (await process.Ownership.ClaimAsync("lobby", "a", "other", 35000, newEpoch: false))?.Room;

        Assert.True(claimed?.Term > before.Term, $"{claimed?.Term}");
        Assert.Equal(("other", 35000, before.Epoch), (claimed?.Address, claimed?.Port, claimed?.Epoch));
        Assert.Equal(claimed, await process.Rooms.FindAsync("lobby"));
        // A notification of the claim itself would arrive before this one.
        await process.Ownership.PublishOpenAsync("marker");
        await Eventually.Async(() => changed.Contains("marker"));
        Assert.DoesNotContain("lobby", changed);
        await process.Ownership.PublishOpenAsync("lobby");
        await Eventually.Async(() => changed.Contains("lobby"));
    }

    [Fact]
    public async Task No_term_is_given_twice_after_the_promotion_of_a_replica_with_an_older_term()
    {
        await HostAsync("a");
        var process = Process();
        var old = await CreateAsync(process, "lobby");
        var lost = (await process.Ownership.ClaimAsync("lobby", "a", "other", 35000))!.Room;
        await Raw.HashSetAsync(RedisNames.Room("lobby"), "term", old.Term);
        await Eventually.Async(() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() > lost.Term); // a promotion takes longer

        var claimed = (await process.Ownership.ClaimAsync("lobby", "a", "other", 35000))!.Room;
        await Raw.HashSetAsync(RedisNames.Room("lobby"), "term", old.Term);
        Assert.True(await process.Placement.MoveAsync(old, "b", ReassignmentReason.Moved, Cancelled));

        Assert.True(claimed.Term > lost.Term, $"{claimed.Term}");
        Assert.True((await process.Rooms.FindAsync("lobby"))!.Term >= claimed.Term);
    }

    [Fact]
    public async Task Only_the_assigned_host_can_claim_a_room()
    {
        await HostAsync("a");
        var process = Process();
        var room = await CreateAsync(process, "lobby");

        Assert.Null(await process.Ownership.ClaimAsync("lobby", "b", "127.0.0.1", 35000, newEpoch: false));
        Assert.Null(await process.Ownership.ClaimAsync("nowhere", "a", "127.0.0.1", 35000, newEpoch: false));

        Assert.Equal(room, await process.Rooms.FindAsync("lobby"));
        Assert.Empty(await KeysAsync("*nowhere*"));
    }

    [Fact]
    public async Task Restarted_host_fences_its_previous_instance()
    {
        await HostAsync("a");
        var (first, second) = (Process(), Process());
        await CreateAsync(first, "lobby");
        var old = (await first.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34000, newEpoch: false))!.Room;
        var mine = (await second.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34001, newEpoch: false))!.Room;

        Assert.Equal(AppendResult.Fenced, await AppendAsync(first, old, 0, 3));
        Assert.Equal(AppendResult.Appended, await AppendAsync(second, mine, 0, 2));
        Assert.Equal(AppendResult.Fenced, await AppendAsync(first, old, 2, 3));

        Assert.Equal(2, (await first.Rooms.FindAsync("lobby"))?.Seq);
        Assert.Equal(2, await Raw.ListLengthAsync(RedisNames.RoomLog("lobby")));
    }

    [Fact]
    public async Task Host_paused_during_deletion_and_recreation_is_fenced()
    {
        var sleeper = await HostAsync("a");
        var api = Process();
        var old = await CreateAsync(api, "lobby");
        await sleeper.BeLongDeadAsync();
        Assert.True(await api.Rooms.ShutdownAsync("lobby"));
        await HostAsync("b");
        await CreateAsync(api, "lobby");

        Assert.Equal(AppendResult.Fenced, await AppendAsync(sleeper.Process, old, 0, 1));
        Assert.Equal(0, (await api.Rooms.FindAsync("lobby"))?.Seq);
    }

    [Fact]
    public async Task Reports_and_refusals_of_a_fenced_host_change_nothing()
    {
        await HostAsync("a");
        var process = Process();
        var old = await CreateAsync(process, "lobby");
        var now = (await process.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34001, newEpoch: false))?.Room;

        Assert.False(await process.Ownership.ReportAsync("lobby", old.Term, 99, 99, 99));
        Assert.False(await process.Ownership.SaveSeatsAsync("lobby", old.Term, Seats(("session-of-eve", "eve"))));
        Assert.False(await process.Rooms.ShutdownAsync("lobby", old.Term));
        await process.Ownership.RefuseAsync("lobby", "a");
        await process.Ownership.RefuseAsync("lobby", "b");
        await process.Ownership.DeleteAsync("lobby", "a");

        Assert.Equal(now, await process.Rooms.FindAsync("lobby"));
        Assert.Equal(["lobby"], await process.Rooms.NamesAsync());
        Assert.True(await process.Ownership.ReportAsync("lobby", now!.Term, 1, null));
        Assert.True(await process.Rooms.ShutdownAsync("lobby", now.Term));
    }

    [Fact]
    public async Task Report_stores_members_and_for_memory_rooms_messages_and_announcements()
    {
        await HostAsync("a");
        var process = Process();
        var room = await CreateAsync(process, "lobby");
        await AppendAsync(process, room, 0, 2);

        await process.Ownership.ReportAsync("lobby", room.Term, 12, null);
        var logged = await process.Rooms.FindAsync("lobby");
        await process.Ownership.ReportAsync("lobby", room.Term, 13, 70, 5);
        var reported = await process.Rooms.FindAsync("lobby");

        Assert.Equal((12, 2, 0), (logged?.Members, logged?.Messages, logged?.Announced));
        Assert.Equal((13, 70, 5), (reported?.Members, reported?.Messages, reported?.Announced));
    }

    [Fact]
    public async Task A_closing_room_cannot_be_claimed_and_its_host_deletes_every_key_of_it()
    {
        var host = await HostAsync("a");
        host.Silent = true;
        var process = Process();
        var creation = process.Placement.CreateAsync("lobby", Defaults, Cancelled);
        await Eventually.Async(() => process.Ownership.WantedAsync("a"), wanted => wanted.Contains("lobby"));
        var room = (await process.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34000, newEpoch: false))!.Room;
        await creation.WaitAsync(Eventually.Timeout, Cancelled).ContinueWith(_ => { }, TaskScheduler.Default);
        await AppendAsync(process, room, 0, 3);
        Assert.True(await process.Ownership.SaveSeatsAsync("lobby", room.Term, Seats(("session-of-ann", "ann"))));
        Assert.Equal(AppendResult.Appended, await process.Log.AppendAsync("lobby", room.Term, 3, history: 0, 1, 0, Entries.Numbered(4, 1)));

        Assert.True(await process.Rooms.ShutdownAsync("lobby"));
        Assert.Null(await process.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34000, newEpoch: false));
        Assert.Equal(RoomState.Closing, (await process.Rooms.FindAsync("lobby"))?.State);
        await process.Ownership.DeleteAsync("lobby", "a");

        Assert.Null(await process.Rooms.FindAsync("lobby"));
        Assert.Empty(await KeysAsync("*lobby*"));
        Assert.Empty(await process.Rooms.NamesAsync());
        Assert.Empty(await process.Ownership.WantedAsync("a"));
        Assert.Equal(AppendResult.Gone, await AppendAsync(process, room, 4, 1));
        Assert.False(await process.Rooms.ShutdownAsync("lobby"));
    }

    [Fact]
    public async Task Late_repeated_deletion_does_not_remove_the_recreated_room()
    {
        await HostAsync("a");
        var process = Process();
        await CreateAsync(process, "lobby");

        await process.Ownership.DeleteAsync("lobby", "a");
        await process.Ownership.DeleteAsync("lobby", "b");

        Assert.Equal(["lobby"], await process.Rooms.NamesAsync());
        Assert.Equal(["lobby"], await process.Ownership.WantedAsync("a"));
    }

    [Fact]
    public async Task Room_of_a_dead_host_can_be_shut_down()
    {
        var dead = await HostAsync("a");
        var api = Process();
        var room = await CreateAsync(api, "lobby");
        await AppendAsync(api, room, 0, 1);
        await dead.BeLongDeadAsync();

        Assert.True(await api.Rooms.ShutdownAsync("lobby"));

        Assert.Empty(await KeysAsync("*lobby*"));
        Assert.Empty(await api.Rooms.NamesAsync());
    }

    [Fact]
    public async Task Claim_returns_the_seats_and_who_saved_them()
    {
        var (one, other) = (Process(), Process());
        await Own(new FakeHost(one, "a", 1000)).StartAsync();
        await CreateAsync(other, "lobby");
        var room = (await one.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34000))!;
        Assert.Equal((SeatsSavedBy.Nobody, 0), (room.SeatsSavedBy, room.Seats.Count));
        Assert.True(await one.Ownership.SaveSeatsAsync("lobby", room.Room.Term, Seats(("of-ann", "ann"), ("of-bob", "bob"))));
        Assert.True(await one.Ownership.SaveSeatsAsync("lobby", room.Room.Term, Seats(("of-eve", "ann"), ("of-ann", null))));

        var again = (await one.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34001))!;
        var next = (await other.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34002))!;

        RoomSeat[] seats = [new("of-bob", "bob", "~bob"), new("of-eve", "ann", "~ann")];
        Assert.Equal(SeatsSavedBy.ThisProcess, again.SeatsSavedBy);
        Assert.Equal(seats, again.Seats.OrderBy(seat => seat.Key));
        Assert.Equal(SeatsSavedBy.LiveProcess, next.SeatsSavedBy);
        Assert.Equal(seats, next.Seats.OrderBy(seat => seat.Key));

        Assert.True(await other.Ownership.SaveSeatsAsync("lobby", next.Room.Term, Seats(("of-carl", "carl")), replaceAll: true));
        var last = (await other.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34003))!;
        Assert.Equal([new RoomSeat("of-carl", "carl", "~carl")], last.Seats);
    }

    [Fact]
    public async Task Any_number_of_seats_is_saved()
    {
        await HostAsync("a");
        var process = Process();
        var room = await CreateAsync(process, "lobby");
        var names = Enumerable.Range(0, 10_000).Select(i => ($"of-{i}", (string?)$"name-{i}")).ToArray();

        Assert.True(await process.Ownership.SaveSeatsAsync("lobby", room.Term, Seats(("of-before", "name-1"))));
        Assert.True(await process.Ownership.SaveSeatsAsync("lobby", room.Term, Seats(names), replaceAll: true));

        var claim = await process.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34001);
        Assert.Equal(names.Order(), claim!.Seats.Select(seat => (seat.Key, (string?)seat.Name)).Order());
    }

    [Fact]
    public async Task Seats_expire_one_minute_after_the_host_is_gone()
    {
        var (dead, process) = (Process(), Process());
        var host = Own(new FakeHost(dead, "a", 1000));
        await host.StartAsync();
        var room = await CreateAsync(process, "lobby");
        Assert.True(await dead.Ownership.SaveSeatsAsync("lobby", room.Term, Seats(("of-ann", "ann"))));
        await host.BeLongDeadAsync();
        var sign = Assert.Single(await KeysAsync(RedisNames.InstanceAlive("*")));
        Assert.InRange((await Raw.KeyTimeToLiveAsync(sign))!.Value, HostLease.InstanceRetention / 2, HostLease.InstanceRetention);
        await Raw.KeyDeleteAsync(sign); // as after a minute

        var claim = (await process.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34001))!;
        var again = (await process.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34001))!; // the first one's answer was lost

        Assert.Equal((SeatsSavedBy.ExpiredProcess, 0), (claim.SeatsSavedBy, claim.Seats.Count));
        Assert.Equal((SeatsSavedBy.ExpiredProcess, 0), (again.SeatsSavedBy, again.Seats.Count));
    }

    [Fact]
    public async Task A_new_host_of_a_room_in_memory_begins_a_new_epoch()
    {
        await HostAsync("a");
        var process = Process();
        var room = await CreateAsync(process, "lobby", Defaults with { Durability = Durability.Memory });
        await process.Ownership.ReportAsync("lobby", room.Term, 3, 70, 4);

        var next = (await process.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34001, newEpoch: false))!.Room;

        Assert.NotEqual(room.Epoch, next.Epoch);
        Assert.Equal((0, 0, 4, 0), (next.Seq, next.Messages, next.Announced, next.Members));
    }

    [Fact]
    public async Task Claim_can_request_a_new_epoch()
    {
        await HostAsync("a");
        var process = Process();
        var room = await CreateAsync(process, "lobby");
        await AppendAsync(process, room, 0, 2);

        var next = (await process.Ownership.ClaimAsync("lobby", "a", "127.0.0.1", 34001, newEpoch: true))!.Room;

        Assert.NotEqual(room.Epoch, next.Epoch);
        Assert.Equal((next.Epoch, 2), ((await process.Log.ReadAfterAsync("lobby", 0, 10))?.Epoch, next.Seq));
    }

    [Fact]
    public async Task Room_lost_by_Redis_is_restored_with_a_higher_term_and_a_new_epoch()
    {
        await HostAsync("a");
        var process = Process();
        var generation = await process.Ownership.GenerationAsync();
        var room = await CreateAsync(process, "lobby", Defaults with { Title = "Lobby", MaxMembers = 5 });
        await AppendAsync(process, room, 0, 3);
        await Redis.FlushAsync();
        Assert.NotEqual(generation, await Process().Ownership.GenerationAsync());
        await process.Announcements.PostAsync("after the loss", null);

        Assert.True(await process.Ownership.RestoreAsync(room));

        var restored = (await process.Rooms.FindAsync("lobby"))!;
        Assert.NotEqual(room.Epoch, restored.Epoch);
        Assert.Equal(room with { Term = room.Term + 1, Epoch = restored.Epoch, Announced = 0, Instance = restored.Instance }, restored);
        Assert.Equal(["lobby"], await process.Rooms.NamesAsync());
        Assert.Equal(["lobby"], await process.Ownership.WantedAsync("a"));
        Assert.Equal(AppendResult.Fenced, await AppendAsync(process, room, 3, 1));
        Assert.Equal(AppendResult.Appended, await AppendAsync(process, restored, 0, 1));
    }

    [Fact]
    public async Task Recreated_room_is_not_restored()
    {
        var host = await HostAsync("a");
        var process = Process();
        var old = await CreateAsync(process, "lobby");
        await Redis.FlushAsync();
        await host.RenewAsync();
        host.Open.Clear();
        var recreated = await CreateAsync(process, "lobby");

        Assert.False(await process.Ownership.RestoreAsync(old));

        Assert.Equal(recreated, await process.Rooms.FindAsync("lobby"));
        Assert.Equal(AppendResult.Fenced, await AppendAsync(process, old, 0, 1));
    }

    [Fact]
    public async Task The_generation_stays_while_the_data_does()
    {
        var generation = await Process().Ownership.GenerationAsync();

        Assert.Equal(generation, await Process().Ownership.GenerationAsync());
    }

    [Fact]
    public async Task A_room_that_moved_away_is_forgotten()
    {
        await HostAsync("a");
        var process = Process();
        await CreateAsync(process, "lobby");
        await CreateAsync(process, "other");

        await process.Ownership.RemoveFromWantedAsync("lobby", "a");

        Assert.Equal(["other"], await process.Ownership.WantedAsync("a"));
    }

    [Fact]
    public async Task Scripts_of_several_processes_do_not_interleave()
    {
        var connections = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => ConnectionMultiplexer.ConnectAsync(Redis.ConnectionString)));
        var makers = new int[2000];

        // All processes create the same rooms in the same order, so their calls overlap.
        await Task.WhenAll(connections.Select(connection => Task.Run(async () =>
        {
            for (var i = 0; i < makers.Length; i++)
            {
                var created = await RedisScript.CreateRoom.RunAsync(
                    connection.GetDatabase(), [RedisNames.Room($"room{i}")], "a", "{}", "redis", "e", 0);
                if ((bool)created)
                    Interlocked.Increment(ref makers[i]);
            }
        })));

        Assert.All(makers, n => Assert.Equal(1, n));
        foreach (var connection in connections)
            await connection.DisposeAsync();
    }

    private static Dictionary<string, RoomSeat?> Seats(params (string Key, string? Name)[] changes) => changes.ToDictionary(
        change => change.Key, change => change.Name is null ? null : new RoomSeat(change.Key, change.Name, $"~{change.Name}"));

    private static Task<AppendResult> AppendAsync(BackplaneProcess process, RoomRecord room, long baseSeq, int count) =>
        process.Log.AppendAsync(room.Name, room.Term, baseSeq, 1000, count, 0, Entries.Numbered(baseSeq + 1, count));
}

public sealed class RoomOwnershipOnEmbeddedRedis(EmbeddedRedis redis) : RoomOwnershipSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class RoomOwnershipOnInstalledRedis(InstalledRedis redis) : RoomOwnershipSpecification(redis), IClassFixture<InstalledRedis>;
