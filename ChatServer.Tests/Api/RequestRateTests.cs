using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

/// <summary>Limits of the requests of an address and of a key.</summary>
public sealed class RequestRateTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    [Fact]
    public async Task Requests_of_an_address_beyond_its_rate_are_refused_and_others_are_not_affected()
    {
        var api = await cluster.StartApiAsync(("REQUESTS_PER_SECOND", "1"), ("TRUSTED_PROXIES", "127.0.0.1"));

        using var refused = await FirstRefusedAsync(api, "198.51.100.1", key: null);

        await refused.IsProblemAsync(HttpStatusCode.TooManyRequests, ErrorCodes.RateLimited);
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        using var ofAnother = await SendAsync(api, "198.51.100.2", key: null);
        Assert.Equal(HttpStatusCode.OK, ofAnother.StatusCode);
        using var withKey = await SendAsync(api, "198.51.100.1", ApiCluster.Key);
        Assert.Equal(HttpStatusCode.OK, withKey.StatusCode);
        using var probe = await api.SendAsync(HttpMethod.Get, "/alive");
        Assert.Equal(HttpStatusCode.OK, probe.StatusCode);
    }

    [Fact]
    public async Task Requests_with_a_key_beyond_its_rate_are_refused_from_every_address()
    {
        var api = await cluster.StartApiAsync(("KEY_REQUESTS_PER_SECOND", "1"), ("TRUSTED_PROXIES", "127.0.0.1"));

        using var refused = await FirstRefusedAsync(api, "198.51.100.1", ApiCluster.Key);

        await refused.IsProblemAsync(HttpStatusCode.TooManyRequests, ErrorCodes.RateLimited);
        using var otherKey = await SendAsync(api, "198.51.100.1", ApiCluster.OtherKey);
        Assert.Equal(HttpStatusCode.OK, otherKey.StatusCode);
    }

    [Fact]
    public async Task Guessed_keys_count_for_the_address()
    {
        var api = await cluster.StartApiAsync(("REQUESTS_PER_SECOND", "1"));
        using var refused = await FirstRefusedAsync(api, "198.51.100.1", key: "guess");
        await refused.IsProblemAsync(HttpStatusCode.TooManyRequests, ErrorCodes.RateLimited);
    }

    // The burst is that of 5 s; on a slow machine the limiter adds a permit each second during the loop.
    private static async Task<HttpResponseMessage> FirstRefusedAsync(ServiceProcess api, string address, string? key)
    {
        for (var i = 0; ; i++)
        {
            var response = await SendAsync(api, address, key);
            if (response.StatusCode == HttpStatusCode.TooManyRequests || i == 1000)
                return response;
            response.Dispose();
        }
    }

    private static async Task<HttpResponseMessage> SendAsync(ServiceProcess api, string address, string? key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/");
        request.Headers.Add("X-Forwarded-For", address);
        if (key is not null) request.Headers.Add("X-API-Key", key);
        return await api.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
