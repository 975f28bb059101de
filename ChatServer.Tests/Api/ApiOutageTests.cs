using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

public sealed class ApiOutageTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    /// <summary>Recovery time that the contract allows.</summary>
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Calls_report_redis_unavailable_during_an_outage_and_work_after_it()
    {
        await Eventually.Async(() => cluster.Api.SendAsync(HttpMethod.Get, "/health"), response => response.IsSuccessStatusCode);
        await cluster.Redis.KillAsync();

        foreach (var (method, path) in new[]
        {
            (HttpMethod.Post, "/api/v1/room/lost"),
            (HttpMethod.Get, "/api/v1/room/lost"),
            (HttpMethod.Get, "/api/v1/rooms"),
            (HttpMethod.Get, "/api/v1/room/lost/messages"),
        })
        {
            var response = await cluster.Api.SendAsync(method, path, ApiCluster.Key);
            await response.IsProblemAsync(HttpStatusCode.ServiceUnavailable, ErrorCodes.RedisUnavailable);
            Assert.True(response.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        }
        await (await cluster.Api.SendAsync(HttpMethod.Get, "/health")).IsProblemAsync(
            HttpStatusCode.ServiceUnavailable, ErrorCodes.NotReady);
        Assert.Equal(HttpStatusCode.OK, (await cluster.Api.SendAsync(HttpMethod.Get, "/alive")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await cluster.Api.SendAsync(HttpMethod.Get, "/api/v1/")).StatusCode);

        await cluster.Redis.StartAsync();
        await Eventually.Async(
            () => cluster.Api.SendAsync(HttpMethod.Get, "/api/v1/rooms", ApiCluster.Key),
            response => response.IsSuccessStatusCode, Recovery);
        // The simulated host ended with its Redis; a new one replaces it.
        await cluster.StartHostAsync("host-2");
        await Eventually.Async(
            () => cluster.Api.SendAsync(HttpMethod.Post, "/api/v1/room/found", ApiCluster.Key),
            response => response.IsSuccessStatusCode, Recovery);
        await Eventually.Async(() => cluster.Api.SendAsync(HttpMethod.Get, "/health"), response => response.IsSuccessStatusCode, Recovery);
    }
}
