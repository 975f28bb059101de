using ChatServer.Backplane;
using ChatServer.Backplane.Hosts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

/// <summary>The leases of hosts.</summary>
public abstract class HostLeaseSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    [Fact]
    public async Task Host_is_alive_with_its_reported_load_while_its_lease_is_renewed()
    {
        var host = await HostAsync("a", capacity: 77);

        var found = await Process().Hosts.FindAsync("a");

        Assert.Equal(
            new HostRecord
            {
                Id = "a",
                Address = "127.0.0.1",
                Rooms = 0,
                Capacity = 77,
                Connections = 3,
                MessagesPerSecond = 1.5,
                Cpu = 0.25,
                Memory = 3_000_000_000,
                State = HostRecord.Up,
                Version = "1.0.0",
                LastSeen = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123),
            },
            found);
        await Raw.KeyExpireAsync(RedisNames.Host("a"), HostLease.Lifetime / 2);
        await Eventually.Async(() => Raw.KeyTimeToLiveAsync(RedisNames.Host("a")), left => left > HostLease.Lifetime / 2); // a renewal
        Assert.Equal(found, Assert.Single(await host.Process.Hosts.ListAsync()));
    }

    [Fact]
    public async Task Host_with_a_corrupt_record_is_left_out_and_not_dead()
    {
        await HostAsync("a");
        await Raw.SetAddAsync(RedisNames.Hosts, "b");
        await Raw.HashSetAsync(RedisNames.Host("b"), "rooms", "many");
        await Raw.SetAddAsync(RedisNames.HostRooms("b"), "lobby");

        var (alive, dead) = await Process().Hosts.ListAliveAndDeadAsync();

        Assert.Equal(["a"], alive.Select(host => host.Id));
        Assert.Empty(dead);
    }

    [Fact]
    public async Task Lease_expires_without_renewal()
    {
        var host = await HostAsync("a");
        await HostAsync("b");
        await host.DieAsync();
        var process = Process();

        Assert.Equal(["a", "b"], (await process.Hosts.ListAsync()).Select(h => h.Id));
        await Eventually.Async(
            () => process.Hosts.ListAsync(), hosts => hosts is [{ Id: "b" }], HostLease.Lifetime + TimeSpan.FromSeconds(1));

        Assert.Null(await process.Hosts.FindAsync("a"));
    }

    [Fact]
    public async Task Second_process_cannot_take_a_held_id()
    {
        var first = await HostAsync("a");
        var second = Own(new FakeHost(Process(), "a", 5));

        Assert.False(await second.RenewAsync());

        Assert.Equal(1000, (await Process().Hosts.FindAsync("a"))?.Capacity);
        await first.DieAsync();
        await Eventually.Async(() => second.RenewAsync(), taken => taken, HostLease.Lifetime + TimeSpan.FromSeconds(1));
        Assert.Equal(5, (await Process().Hosts.FindAsync("a"))?.Capacity);
        Assert.False(await first.RenewAsync());
    }

    [Fact]
    public async Task Released_lease_is_free_at_once_and_only_its_holder_can_release_it()
    {
        var host = await HostAsync("a");
        var other = Process();

        await other.Lease.ReleaseAsync("a");
        Assert.NotNull(await other.Hosts.FindAsync("a"));
        await host.BeLongDeadAsync();

        Assert.Null(await other.Hosts.FindAsync("a"));
        Assert.True(await Own(new FakeHost(other, "a", 5)).RenewAsync());
    }

    [Fact]
    public async Task Ids_of_dead_hosts_are_kept_while_they_have_rooms_and_no_longer()
    {
        var (a, b) = (await HostAsync("a"), await HostAsync("b"));
        var process = Process();
        await CreateAsync(process, "one");
        await CreateAsync(process, "two");
        await a.BeLongDeadAsync();
        await b.BeLongDeadAsync();

        Assert.Empty(await process.Hosts.ListAsync());
        Assert.Equal(2, await Raw.SetLengthAsync(RedisNames.Hosts));
        await process.Rooms.ShutdownAsync("one");
        await process.Rooms.ShutdownAsync("two");
        await process.Hosts.ListAsync();

        Assert.Equal(0, await Raw.SetLengthAsync(RedisNames.Hosts));
    }
}

public sealed class HostLeaseOnEmbeddedRedis(EmbeddedRedis redis) : HostLeaseSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class HostLeaseOnInstalledRedis(InstalledRedis redis) : HostLeaseSpecification(redis), IClassFixture<InstalledRedis>;
