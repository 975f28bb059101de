using ChatServer.LoadBalancer;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LoadBalancer;

public sealed class RoomRoutesTests(RoomCluster cluster) : IClassFixture<RoomCluster>, IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private RoomRoutes _deaf = null!;

    /// <summary>Routes that no word of a change reaches: it listens to a Redis that is not there.</summary>
    public ValueTask InitializeAsync()
    {
        var nowhere = cluster.Own(new BackplaneProcess($"127.0.0.1:{FreePort.Next()}"));
        _deaf = new RoomRoutes(cluster.Backplane.Lookup, cluster.Backplane.Placement, nowhere.Changes, _time);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _deaf.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_move_that_nobody_told_of_is_seen_after_a_failed_connection()
    {
        await cluster.OpenAsync("untold", 34001);
        var first = await _deaf.FindAsync("untold");
        await cluster.OpenAsync("untold", 34002);
        Assert.Equal(first, await _deaf.FindAsync("untold"));

        var second = await _deaf.FindAgainAsync("untold", first!);

        Assert.Equal("http://127.0.0.1:34002/", second?.Address);
        Assert.True(second!.Term > first!.Term);
        Assert.Equal(second, await _deaf.FindAsync("untold"));
    }

    [Fact]
    public async Task A_move_that_nobody_told_of_is_seen_after_ten_seconds()
    {
        await cluster.OpenAsync("aging", 34001);
        await _deaf.FindAsync("aging");
        await cluster.OpenAsync("aging", 34002);

        _time.Advance(RoomRoutes.MaxAge - TimeSpan.FromMilliseconds(1));
        Assert.Equal("http://127.0.0.1:34001/", (await _deaf.FindAsync("aging"))?.Address);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("http://127.0.0.1:34002/", (await _deaf.FindAsync("aging"))?.Address);
    }

    [Fact]
    public async Task A_route_that_somebody_else_renewed_is_not_looked_up_again()
    {
        await cluster.OpenAsync("renewed", 34001);
        var first = await _deaf.FindAsync("renewed");
        await cluster.OpenAsync("renewed", 34002);
        var second = await _deaf.FindAgainAsync("renewed", first!);
        await cluster.OpenAsync("renewed", 34003);

        Assert.Equal(second, await _deaf.FindAgainAsync("renewed", first!));
    }

    [Fact]
    public async Task A_room_that_was_deleted_is_forgotten()
    {
        await cluster.OpenAsync("deleted", 34001);
        var route = await _deaf.FindAsync("deleted");
        await cluster.Backplane.Rooms.ShutdownAsync("deleted");
        await cluster.Backplane.Ownership.DeleteAsync("deleted", "host-1");

        Assert.Null(await _deaf.FindAgainAsync("deleted", route!));
        Assert.Null(await _deaf.FindAsync("deleted"));
    }

    [Fact]
    public async Task A_host_with_an_ipv6_address_is_written_with_brackets()
    {
        await cluster.OpenAsync("six", 34001, address: "::1");

        Assert.Equal("http://[::1]:34001/", (await _deaf.FindAsync("six"))?.Address);
    }
}
