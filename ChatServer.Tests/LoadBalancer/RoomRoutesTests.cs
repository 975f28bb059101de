using ChatServer.LoadBalancer.Rooms;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LoadBalancer;

public sealed class RoomRoutesTests(RoomCluster cluster) : IClassFixture<RoomCluster>, IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private RoomRoutes _routes = null!;

    /// <summary>Routes without notifications: they are subscribed to a Redis that does not exist.</summary>
    public ValueTask InitializeAsync()
    {
        var noRedis = cluster.Own(new BackplaneProcess($"127.0.0.1:{FreePort.Next()}"));
        _routes = new RoomRoutes(
            cluster.Backplane.Lookup, cluster.Backplane.Placement, noRedis.Changes, _time);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _routes.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Move_without_a_notification_is_found_after_a_failed_connection()
    {
        await cluster.OpenAsync("moved", 34001);
        var first = await _routes.FindAsync("moved");
        await cluster.OpenAsync("moved", 34002);
        Assert.Equal(first, await _routes.FindAsync("moved"));

        var second = await _routes.FindAgainAsync("moved", first!);

        Assert.Equal("http://127.0.0.1:34002/", second?.Address);
        Assert.True(second!.Term > first!.Term);
        Assert.Equal(second, await _routes.FindAsync("moved"));
    }

    [Fact]
    public async Task Move_without_a_notification_is_found_after_10_s()
    {
        await cluster.OpenAsync("aging", 34001);
        await _routes.FindAsync("aging");
        await cluster.OpenAsync("aging", 34002);

        _time.Advance(RoomRoutes.MaxAge - TimeSpan.FromMilliseconds(1));
        Assert.Equal("http://127.0.0.1:34001/", (await _routes.FindAsync("aging"))?.Address);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("http://127.0.0.1:34002/", (await _routes.FindAsync("aging"))?.Address);
    }

    [Fact]
    public async Task Route_that_was_looked_up_meanwhile_is_not_looked_up_again()
    {
        await cluster.OpenAsync("renewed", 34001);
        var first = await _routes.FindAsync("renewed");
        await cluster.OpenAsync("renewed", 34002);
        var second = await _routes.FindAgainAsync("renewed", first!);
        await cluster.OpenAsync("renewed", 34003);

        Assert.Equal(second, await _routes.FindAgainAsync("renewed", first!));
    }

    [Fact]
    public async Task Least_recently_used_route_without_a_watch_is_evicted()
    {
        foreach (var room in (string[])["watched", "used", "unused", "added"])
            await cluster.OpenAsync(room, 34001);
        using var routes = new RoomRoutes(
            cluster.Backplane.Lookup, cluster.Backplane.Placement, cluster.Backplane.Changes, _time, maxRooms: 2);
        using var watch = routes.Watch("watched", (await routes.FindAsync("watched"))!);
        foreach (var room in (string[])["used", "unused", "used", "added"])
            await routes.FindAsync(room);

        foreach (var room in (string[])["watched", "used", "unused", "added"])
            await cluster.Backplane.Ownership.ClaimAsync(room, "host-1", "127.0.0.1", 34002); // changes the port without a notification
        Assert.Equal("http://127.0.0.1:34001/", (await routes.FindAsync("watched"))?.Address);
        Assert.Equal("http://127.0.0.1:34001/", (await routes.FindAsync("used"))?.Address);
        Assert.Equal("http://127.0.0.1:34001/", (await routes.FindAsync("added"))?.Address);
        Assert.Equal("http://127.0.0.1:34002/", (await routes.FindAsync("unused"))?.Address);
    }

    [Fact]
    public async Task Deleted_room_is_not_found()
    {
        await cluster.OpenAsync("deleted", 34001);
        var route = await _routes.FindAsync("deleted");
        await cluster.Backplane.Rooms.ShutdownAsync("deleted");
        await cluster.Backplane.Ownership.DeleteAsync("deleted", "host-1");

        Assert.Null(await _routes.FindAgainAsync("deleted", route!));
        Assert.Null(await _routes.FindAsync("deleted"));
    }

    [Fact]
    public async Task IPv6_address_of_a_host_gets_brackets()
    {
        await cluster.OpenAsync("six", 34001, address: "::1");

        Assert.Equal("http://[::1]:34001/", (await _routes.FindAsync("six"))?.Address);
    }
}
