using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

/// <summary>Creation of rooms without a key.</summary>
public sealed class OpenRoomTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    [Fact]
    public async Task Room_without_a_key_is_refused_by_default()
    {
        using var response = await cluster.Api.SendAsync(HttpMethod.Post, "/api/v1/room/closed");
        await response.IsProblemAsync(HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
    }

    [Fact]
    public async Task Ten_rooms_of_an_address_are_created_through_all_Apis_and_then_refused()
    {
        var (one, other) = (await StartAsync(), await StartAsync());
        for (var i = 0; i < 10; i++)
        {
            using var created = await CreateAsync(i % 2 == 0 ? one : other, $"open-{i}", "198.51.100.1", """{"title":"Tea"}""");
            Assert.Equal(HttpStatusCode.OK, created.StatusCode);
        }
        using var existing = await CreateAsync(one, "open-3", "198.51.100.1");
        Assert.Equal(HttpStatusCode.OK, existing.StatusCode);

        using var refused = await CreateAsync(other, "open-10", "198.51.100.1");

        await refused.IsProblemAsync(HttpStatusCode.TooManyRequests, ErrorCodes.RateLimited);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(50), TimeSpan.FromHours(1));
        Assert.Null(await cluster.Backplane.Rooms.FindAsync("open-10"));
        using var ofAnother = await CreateAsync(one, "open-10", "198.51.100.2");
        Assert.Equal(HttpStatusCode.OK, ofAnother.StatusCode);
        using var withKey = await one.SendAsync(HttpMethod.Post, "/api/v1/room/open-11", ApiCluster.Key);
        Assert.Equal(HttpStatusCode.OK, withKey.StatusCode);
    }

    [Fact]
    public async Task Addresses_of_one_IPv6_network_are_one_address()
    {
        var api = await StartAsync();
        for (var i = 0; i < 10; i++)
            (await CreateAsync(api, $"v6-{i}", $"2001:db8::{i}")).Dispose();
        using var refused = await CreateAsync(api, "v6-10", "2001:db8::ffff");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
    }

    [Theory]
    [InlineData("""{"private":true}""")]
    [InlineData("""{"maxMembers":1}""")]
    [InlineData("""{"durability":"memory"}""")]
    public async Task Options_other_than_the_title_require_a_key(string body)
    {
        using var response = await CreateAsync(await StartAsync(), "optioned", "198.51.100.3", body);
        await response.IsProblemAsync(HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
        Assert.Null(await cluster.Backplane.Rooms.FindAsync("optioned"));
    }

    [Fact]
    public async Task Wrong_key_is_refused_as_ever()
    {
        using var response = await (await StartAsync()).SendAsync(HttpMethod.Post, "/api/v1/room/wrong", "wrong");
        await response.IsProblemAsync(HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
    }

    private Task<ServiceProcess> StartAsync() => cluster.StartApiAsync(("OPEN_ROOMS", "true"), ("TRUSTED_PROXIES", "127.0.0.1"));

    private static async Task<HttpResponseMessage> CreateAsync(ServiceProcess api, string room, string address, string? json = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/room/{room}");
        request.Headers.Add("X-Forwarded-For", address);
        if (json is not null) request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        return await api.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
