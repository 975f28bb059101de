using System.Diagnostics;
using ChatServer.Backplane;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Backplane;

/// <summary>The creation of rooms and their assignment to hosts.</summary>
public abstract class RoomPlacementSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    private sealed class SlowClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - TimeSpan.FromHours(1);
    }

    [Fact]
    public async Task Created_room_is_open_when_the_call_returns()
    {
        var host = await HostAsync("a");
        var api = Process();

        var answer = await api.Placement.CreateAsync("lobby", Defaults with { Title = "Lobby", History = 7 }, Cancelled);

        Assert.NotNull(answer);
        Assert.True(answer.Value.Created);
        Assert.Equal(RoomState.Open, answer.Value.Room.State);
        var room = answer.Value.Room;
        Assert.Equal(("a", "127.0.0.1", host.Open["lobby"].Port), (room.HostId, room.Address, room.Port));
        Assert.Equal(("Lobby", 7), (answer.Value.Room.Options.Title, answer.Value.Room.Options.History));
        Assert.Equal(answer.Value.Room, await api.Rooms.FindAsync("lobby"));
        Assert.Equal(["lobby"], await api.Rooms.NamesAsync());
        Assert.Equal(["lobby"], await api.Ownership.WantedAsync("a"));
    }

    [Fact]
    public async Task Room_has_a_higher_term_than_a_deleted_one_although_the_clock_of_its_creator_is_an_hour_behind()
    {
        await HostAsync("a");
        var api = Process();
        var first = await CreateAsync(api, "lobby");
        await api.Rooms.ShutdownAsync("lobby");
        await Eventually.Async(() => api.Rooms.FindAsync("lobby"), room => room is null);

        var second = await CreateAsync(Process(new SlowClock()), "lobby");

        Assert.True(second.Term > first.Term, $"{second.Term}");
        Assert.True(second.CreatedAt > first.CreatedAt, $"{second.CreatedAt}");
    }

    [Fact]
    public async Task Room_of_a_newer_version_moves_only_to_a_host_that_reads_it()
    {
        const int Newer = DataVersion.Current + 1;
        await using var old = new FakeHost(Process(), "old", 1000);
        await using var other = new FakeHost(Process(), "other", 1000) { DataVersion = Newer };
        await old.StartAsync();
        var api = Process();
        var room = await CreateAsync(api, "lobby");
        Assert.Equal(DataVersion.Current, room.Version);
        await Raw.HashSetAsync(RedisNames.Room("lobby"), "version", Newer);
        await HostAsync("old-too");

        Assert.False(await new HostSurvey(api.Hosts, TimeProvider.System).CanTakeAsync(new HashSet<string> { "old" }, Newer, Cancelled));
        await other.StartAsync();
        var moved = await Process().Placement.ReopenAsync("lobby", room.Term, Cancelled);

        Assert.Equal("other", moved?.HostId);
    }

    [Fact]
    public async Task Creations_read_the_loads_of_the_hosts_once_a_second_and_spread_over_them()
    {
        var time = new FakeTimeProvider();
        await HostAsync("a");
        await HostAsync("b");
        var survey = new HostSurvey(Process().Hosts, time);
        async Task<string?> SelectAsync() => (await survey.SelectAsync(new HashSet<string>(), DataVersion.Current, Cancelled))?.Id;

        Assert.Equal(["a", "b", "a", "b"], [await SelectAsync(), await SelectAsync(), await SelectAsync(), await SelectAsync()]);
        await HostAsync("c");
        Assert.Equal("a", await SelectAsync()); // the loads are those of before
        await Process().Drain.OrderAsync("b", Cancelled);
        Assert.NotEqual("b", await SelectAsync()); // the state is read each time
        time.Advance(HostSurvey.Lifetime);
        Assert.Equal(["a", "c"], new[] { await SelectAsync(), await SelectAsync() }.Order());
    }

    [Fact]
    public async Task A_room_that_exists_is_found_with_the_options_it_has()
    {
        await HostAsync("a");
        var first = await Process().Placement.CreateAsync("lobby", Defaults with { Title = "First" }, Cancelled);

        var second = await Process().Placement.CreateAsync("lobby", Defaults with { Title = "Second" }, Cancelled);

        Assert.False(second?.Created);
        Assert.Equal(first?.Room, second?.Room);
    }

    [Theory]
    [InlineData(Durability.Redis)]
    [InlineData(Durability.Memory)]
    public async Task A_hundred_concurrent_creations_from_several_processes_make_one_room(Durability durability)
    {
        var hosts = new[] { await HostAsync("a"), await HostAsync("b"), await HostAsync("c") };
        var apis = Enumerable.Range(0, 5).Select(_ => Process()).ToList();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
            Task.Run(() => apis[i % 5].Placement.CreateAsync("lobby", Defaults with { Durability = durability }, Cancelled))));

        Assert.Single(answers, a => a!.Value.Created);
        Assert.Single(answers.Select(a => (a!.Value.Room.HostId, a.Value.Room.Port)).Distinct());
        Assert.Single(hosts, h => h.Open.ContainsKey("lobby"));
        Assert.Equal(1, await apis[0].Rooms.CountAsync());
    }

    [Fact]
    public async Task Creation_interrupted_by_a_crash_is_completed()
    {
        var host = await HostAsync("a");
        var api = Process();
        host.Silent = true;
        await api.Placement.CreateAsync("lobby", Defaults, Cancelled).WaitAsync(TimeSpan.FromMilliseconds(200), Cancelled)
            .ContinueWith(_ => { }, TaskScheduler.Default);
        await Raw.KeyDeleteAsync([RedisNames.Rooms, RedisNames.HostRooms("a")]);
        host.Silent = false;

        var answer = await Process().Placement.CreateAsync("lobby", Defaults, Cancelled);

        Assert.Equal(RoomState.Open, answer?.Room.State);
        Assert.Equal(["lobby"], await api.Rooms.NamesAsync());
        Assert.Equal(["lobby"], await api.Ownership.WantedAsync("a"));
    }

    [Fact]
    public async Task A_room_that_its_host_refuses_is_placed_elsewhere()
    {
        var full = await HostAsync("a");
        full.Refuses = true;
        await HostAsync("b");
        var api = Process();

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => api.Placement.CreateAsync($"room{i}", Defaults, Cancelled)));

        Assert.All(answers, a => Assert.Equal(("b", true), (a?.Room.HostId, a?.Created)));
        Assert.Empty(await api.Ownership.WantedAsync("a"));
    }

    [Fact]
    public async Task A_room_that_its_host_cannot_open_again_after_a_restart_is_placed_elsewhere_with_its_log()
    {
        var first = await HostAsync("a");
        var api = Process();
        var before = await CreateAsync(api, "lobby");
        await api.Log.AppendAsync("lobby", before.Term, 0, 1000, 1, 0, new[] { Entries.Of("hello") });
        await first.BeLongDeadAsync();
        var restarted = await HostAsync("a");
        restarted.Silent = true;

        await restarted.Process.Ownership.RefuseAsync("lobby", "a");
        Assert.Equal(RoomState.Refused, (await api.Rooms.FindAsync("lobby"))?.State);
        await HostAsync("b");
        var placed = await restarted.Process.Placement.ReopenAsync("lobby", before.Term, Cancelled);

        Assert.Equal(("b", RoomState.Open, before.Epoch, 1), (placed?.HostId, placed?.State, placed?.Epoch, placed?.Seq));
        Assert.Empty(await api.Ownership.WantedAsync("a"));
    }

    [Fact]
    public async Task Unresponsive_host_loses_the_room_to_another_host()
    {
        var stuck = await HostAsync("a");
        stuck.Silent = true;
        var api = Process();
        var creation = api.Placement.CreateAsync("lobby", Defaults, Cancelled);
        await Eventually.Async(() => api.Rooms.FindAsync("lobby"), room => room?.HostId == "a");
        await HostAsync("b");

        Assert.Equal("b", (await creation)?.Room.HostId);
    }

    [Fact]
    public async Task The_room_of_a_dead_host_is_placed_again_under_a_higher_term_with_its_log()
    {
        var dead = await HostAsync("a");
        var api = Process();
        var before = await CreateAsync(api, "lobby");
        await api.Log.AppendAsync("lobby", before.Term, 0, 1000, 1, 0, new[] { Entries.Of("hello") });
        await dead.BeLongDeadAsync();
        await HostAsync("b");

        var answer = await api.Placement.CreateAsync("lobby", Defaults, Cancelled);

        Assert.Equal(("b", false), (answer?.Room.HostId, answer?.Created));
        Assert.True(answer!.Value.Room.Term > before.Term);
        Assert.Equal((before.Epoch, 1), (answer.Value.Room.Epoch, answer.Value.Room.Seq));
        Assert.Empty(await api.Ownership.WantedAsync("a"));
    }

    [Fact]
    public async Task Restarted_host_reopens_its_room_before_clients_are_sent_there()
    {
        var first = await HostAsync("a");
        var api = Process();
        var before = await CreateAsync(api, "lobby");
        await first.BeLongDeadAsync();
        var second = await HostAsync("a");

        var answer = await api.Placement.CreateAsync("lobby", Defaults, Cancelled);

        Assert.Equal(second.Open["lobby"], answer?.Room);
        Assert.True(answer?.Room.Term > before.Term);
    }

    [Fact]
    public async Task Without_a_host_nothing_is_created()
    {
        var api = Process();

        Assert.Null(await api.Placement.CreateAsync("lobby", Defaults, Cancelled));

        Assert.Empty(await KeysAsync("*lobby*"));
        Assert.Equal(0, await api.Rooms.CountAsync());
    }

    [Fact]
    public async Task Creation_refused_by_every_host_leaves_nothing()
    {
        (await HostAsync("a")).Refuses = true;
        (await HostAsync("b")).Refuses = true;
        var apis = new[] { Process(), Process() };

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(i => apis[i % 2].Placement.CreateAsync("lobby", Defaults, Cancelled)));

        Assert.All(answers, a => Assert.Null(a));
        Assert.Empty(await KeysAsync("*lobby*"));
        Assert.Equal(0, await apis[0].Rooms.CountAsync());
        Assert.Empty(await apis[0].Ownership.WantedAsync("a"));
        Assert.Empty(await apis[0].Ownership.WantedAsync("b"));
    }

    [Fact]
    public async Task Creation_without_a_responding_host_times_out_and_leaves_nothing()
    {
        (await HostAsync("a")).Silent = true;
        var api = Process();
        var watch = Stopwatch.StartNew();

        Assert.Null(await api.Placement.CreateAsync("lobby", Defaults, Cancelled));

        Assert.InRange(watch.Elapsed, RoomPlacement.OpenTimeout - TimeSpan.FromSeconds(0.1),
            RoomPlacement.OpenTimeout + TimeSpan.FromSeconds(1.5));
        Assert.Empty(await KeysAsync("*lobby*"));
    }

    [Fact]
    public async Task Room_with_history_is_kept_while_no_host_can_take_it()
    {
        var host = await HostAsync("a");
        var api = Process();
        var room = await CreateAsync(api, "lobby");
        await api.Log.AppendAsync("lobby", room.Term, 0, 1000, 1, 0, new[] { Entries.Of("hello") });
        await host.BeLongDeadAsync();

        Assert.Null(await api.Placement.CreateAsync("lobby", Defaults, Cancelled));

        Assert.Equal(1, (await api.Rooms.FindAsync("lobby"))?.Seq);
        Assert.Equal(["lobby"], await api.Rooms.NamesAsync());
    }

    [Fact]
    public async Task Hosts_that_are_full_or_stopping_get_no_room()
    {
        var full = await HostAsync("full", capacity: 2);
        await HostAsync("none", capacity: 0);
        var stopping = new FakeHost(Process(), "stopping", 1000);
        Own(stopping);
        await stopping.RenewAsync(HostRecord.Stopping);
        var api = Process();

        Assert.NotNull(await api.Placement.CreateAsync("one", Defaults, Cancelled));
        Assert.NotNull(await api.Placement.CreateAsync("two", Defaults, Cancelled));
        Assert.Null(await api.Placement.CreateAsync("three", Defaults, Cancelled));

        Assert.Equal(["one", "two"], full.Open.Keys.Order());
        Assert.Equal(["one", "two"], await api.Rooms.NamesAsync());
    }

    [Fact]
    public async Task Rooms_spread_over_hosts_by_capacity()
    {
        var small = await HostAsync("small", capacity: 50);
        var large = await HostAsync("large", capacity: 100);
        var api = Process();

        for (var i = 0; i < 60; i++)
            Assert.NotNull(await api.Placement.CreateAsync($"room{i}", Defaults, Cancelled));

        Assert.Equal((20, 40), (small.Open.Count, large.Open.Count));
    }

    [Fact]
    public async Task Rooms_created_at_once_spread_too_and_none_is_lost()
    {
        var hosts = new[] { await HostAsync("a"), await HostAsync("b") };
        var apis = new[] { Process(), Process() };
        await Task.WhenAll(apis.Select(a => a.Connection.PingAsync()));
        var watch = Stopwatch.StartNew();

        await Parallel.ForEachAsync(
            Enumerable.Range(0, 500), new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Cancelled },
            async (i, ct) => Assert.NotNull(await apis[i % 2].Placement.CreateAsync($"room{i}", Defaults, ct)));

        TestContext.Current.TestOutputHelper?.WriteLine($"{500 / watch.Elapsed.TotalSeconds:F0} creations/s at 32 in parallel");
        Assert.Equal(500, hosts.Sum(h => h.Open.Count));
        Assert.All(hosts, h => Assert.InRange(h.Open.Count, 200, 300));
    }

    [Fact]
    public async Task A_room_that_is_being_shut_down_is_created_anew_once_it_is_gone()
    {
        var host = await HostAsync("a");
        var api = Process();
        var old = await CreateAsync(api, "lobby");
        host.Silent = true;
        Assert.True(await api.Rooms.ShutdownAsync("lobby"));
        var creation = api.Placement.CreateAsync("lobby", Defaults, Cancelled);
        Assert.Equal(RoomState.Closing, (await api.Rooms.FindAsync("lobby"))?.State);

        host.Silent = false;

        var answer = await creation;
        Assert.NotNull(answer);
        Assert.True(answer.Value.Created);
        Assert.NotEqual(old.Epoch, answer.Value.Room.Epoch);
        Assert.True(answer.Value.Room.Term > old.Term);
        Assert.Equal(["lobby"], await api.Rooms.NamesAsync());
    }
}

public sealed class RoomPlacementOnEmbeddedRedis(EmbeddedRedis redis) : RoomPlacementSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class RoomPlacementOnInstalledRedis(InstalledRedis redis) : RoomPlacementSpecification(redis), IClassFixture<InstalledRedis>;
