using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.RoomHost;
using ChatServer.RoomHost.Hosting;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class LeaseHolderTests : HostCluster
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Lease_is_held_for_its_lifetime_after_a_renewal()
    {
        var holder = Holder();
        Assert.False(holder.IsHeld);
        Assert.True(await holder.RenewAsync(Record));
        Assert.False(await holder.RenewAsync(Record)); // held already
        Assert.True(holder.IsHeld);

        _time.Advance(HostLease.Lifetime);

        Assert.False(holder.IsHeld); // by the local clock, without a call to Redis
        Assert.True(await holder.RenewAsync(Record));
        Assert.True(holder.IsHeld);
        await holder.ReleaseAsync();
        Assert.False(holder.IsHeld);
        Assert.Null(await Api.Hosts.FindAsync("host-1"));
    }

    [Fact]
    public async Task RefusedFor_counts_while_another_process_holds_the_id()
    {
        var other = await FakeHostAsync("host-1");
        var holder = Holder();
        Assert.False(await holder.RenewAsync(Record));
        Assert.Equal(TimeSpan.Zero, holder.RefusedFor);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await holder.RenewAsync(Record));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((TimeSpan.FromSeconds(2), false), (holder.RefusedFor, holder.IsHeld));

        await other.BeLongDeadAsync();
        Assert.True(await holder.RenewAsync(Record));
        Assert.Equal(TimeSpan.Zero, holder.RefusedFor);
    }

    [Fact]
    public async Task RefusedFor_resets_during_an_outage()
    {
        await FakeHostAsync("host-1");
        var holder = Holder();
        await holder.RenewAsync(Record);
        _time.Advance(TimeSpan.FromSeconds(10));

        await Redis.KillAsync();
        await Assert.ThrowsAsync<BackplaneUnavailableException>(() => holder.RenewAsync(Record));

        Assert.Equal(TimeSpan.Zero, holder.RefusedFor);
    }

    [Fact]
    public async Task Renewal_during_another_one_writes_the_newer_record()
    {
        var holder = Holder();
        Task<bool> second = null!;

        // The host stops while its record is measured: the renewal of the stop must not be overwritten by the record measured before.
        var first = holder.RenewAsync(() =>
        {
            var record = Record();
            second = holder.RenewAsync(() => Record() with { State = HostRecord.Stopping });
            return record;
        });

        Assert.True(await first);
        Assert.False(await second);
        Assert.Equal(HostRecord.Stopping, (await Api.Hosts.FindAsync("host-1"))?.State);
    }

    [Fact]
    public async Task Cancelled_renewal_does_not_count()
    {
        var holder = Holder();
        await Api.Connection.PingAsync(Cancelled);
        using var cancel = new CancellationTokenSource();
        await Redis.PauseAsync();

        var renewal = holder.RenewAsync(Record, cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => renewal);
        Assert.False(holder.IsHeld);
        Redis.Resume();
        await Eventually.Async(() => holder.RenewAsync(Record), acquired => acquired);
    }

    private static HostRecord Record() => new()
    {
        Id = "host-1",
        Address = "localhost",
        Rooms = 0,
        Capacity = 1,
        Connections = 0,
        MessagesPerSecond = 0,
        Cpu = 0,
        Memory = 0,
        State = HostRecord.Up,
        Version = "1.0.0",
        LastSeen = DateTimeOffset.UnixEpoch,
    };

    private LeaseHolder Holder() => new(new RoomHostOptions { HostId = "host-1", Address = "localhost" }, Api.Lease, _time);
}
