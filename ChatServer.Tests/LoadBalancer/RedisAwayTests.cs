using System.Net;
using ChatServer.Backplane;
using ChatServer.Backplane.Rooms;
using ChatServer.LoadBalancer.Rooms;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>The load balancer during an outage of its Redis.</summary>
public sealed class RedisAwayTests(RoomCluster cluster) : IClassFixture<RoomCluster>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Known_rooms_are_served_without_Redis_and_unknown_ones_are_answered_503()
    {
        var time = new FakeTimeProvider();
        var lb = await cluster.LoadBalancerAsync(time);
        await cluster.RoomAsync("known");
        await cluster.RoomAsync("unknown");
        Assert.Equal("known", await lb.Http.GetStringAsync("/rooms/known", Ct));

        await cluster.Redis.KillAsync();

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("known", await lb.Http.GetStringAsync("/rooms/known", Ct));
            time.Advance(RoomRoutes.MaxAge); // it looks the room up, without success
        }
        using (var answer = await lb.Http.GetAsync("/rooms/unknown", Ct))
        {
            await answer.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "redis-unavailable");
            Assert.Equal(TimeSpan.FromSeconds(2), answer.Headers.RetryAfter?.Delta);
        }
        using (var health = await lb.Http.GetAsync("/health", Ct))
            Assert.Equal(HttpStatusCode.OK, health.StatusCode);

        await cluster.Redis.StartAsync();

        // Redis is empty after the restart, and no host restores the room. Nudges may be lost, so the load balancer looks it up again.
        await Eventually.Async(() => AskAsync(lb, "known", time), status => status == HttpStatusCode.NotFound);
        await Eventually.Async(async () => { await cluster.Backplane.Connection.PingAsync(); return true; }, up => up);
        await cluster.RoomAsync("known", announce: "known again");
        await Eventually.Async(() => lb.Http.GetStringAsync("/rooms/known", Ct), answer => answer == "known again");
    }

    [Fact]
    public async Task Request_for_a_room_that_Redis_lost_waits_until_its_host_has_restored_it()
    {
        var lb = await cluster.LoadBalancerAsync();
        await cluster.RoomAsync("forgotten");
        using (var answer = await lb.Http.GetAsync("/rooms/never", Ct))
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        var record = (await cluster.Backplane.Rooms.FindAsync("forgotten"))!;

        await cluster.Redis.FlushAsync();
        var asked = Enumerable.Range(0, 5).Select(_ => lb.Http.GetStringAsync("/rooms/forgotten", Ct)).ToList();
        // A lookup without a result identifies the new, empty Redis.
        await Eventually.Async(() => cluster.Backplane.Connection.RunAsync(db => db.KeyExistsAsync(RedisNames.Generation)), named => named);
        await cluster.RenewLeaseAsync(record.HostId);
        Assert.True(await cluster.Backplane.Ownership.RestoreAsync(record));

        Assert.All(await Task.WhenAll(asked), answer => Assert.Equal("forgotten", answer));
    }

    [Fact]
    public async Task A_load_balancer_starts_without_redis_and_serves_rooms_once_it_is_there()
    {
        var redis = cluster.Own(RedisServer.Preferred());
        await using var lb = await RunningLoadBalancer.StartAsync(redis.ConnectionString);
        using (var answer = await lb.Http.GetAsync("/rooms/any", Ct))
            await answer.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "redis-unavailable");

        await redis.StartAsync();

        await Eventually.Async(
            async () => (await lb.Http.GetAsync("/rooms/any", Ct)).StatusCode, status => status == HttpStatusCode.NotFound);
    }

    // After the time in which a host may restore the room.
    private static async Task<HttpStatusCode> AskAsync(RunningLoadBalancer lb, string room, FakeTimeProvider time)
    {
        var asking = lb.Http.GetAsync($"/rooms/{room}", Ct);
        await Eventually.Async(() =>
        {
            time.Advance(RoomLookup.RestoreTimeout);
            return asking.IsCompleted;
        });
        using var answer = await asking;
        return answer.StatusCode;
    }
}
