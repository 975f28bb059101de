using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

/// <summary>The limit of the rooms that a key has created.</summary>
public sealed class KeyRoomTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    [Fact]
    public async Task Rooms_of_a_key_beyond_its_limit_are_refused_until_one_is_deleted()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        await CreateAsync(one, "limited-1");
        await CreateAsync(other, "limited-2");
        await CreateAsync(one, "limited-2"); // exists, and is counted once

        using (var refused = await one.SendAsync(HttpMethod.Post, "/api/v1/room/limited-3", ApiCluster.Key))
        {
            await refused.IsProblemAsync(HttpStatusCode.TooManyRequests, ErrorCodes.RateLimited);
            Assert.Equal(TimeSpan.FromSeconds(5), refused.Headers.RetryAfter?.Delta);
        }
        Assert.Null(await cluster.Backplane.Rooms.FindAsync("limited-3"));
        await CreateAsync(one, "limited-1");
        await CreateAsync(one, "of-another-key", ApiCluster.OtherKey);
        await CreateAsync(one, "of-another-key");

        await cluster.Backplane.Rooms.ShutdownAsync("limited-1", ct: TestContext.Current.CancellationToken);
        await Eventually.Async(() => cluster.Backplane.Rooms.FindAsync("limited-1"), room => room is null);
        await CreateAsync(other, "limited-3"); // this Api has not searched for deleted rooms yet, so it does at once
    }

    private Task<ServiceProcess> StartAsync() => cluster.StartApiAsync(("ROOMS_PER_KEY", "2"));

    private static async Task CreateAsync(ServiceProcess api, string room, string key = ApiCluster.Key)
    {
        using var response = await api.SendAsync(HttpMethod.Post, $"/api/v1/room/{room}", key);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
