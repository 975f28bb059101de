using ChatServer.LoadBalancer.Forwarding;
using ChatServer.Settings;
using ChatServer.Tests.Support;
using ChatServer.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Tests.LoadBalancer;

public sealed class XForwardedTests
{
    [Fact]
    public async Task Forwarded_headers_of_an_untrusted_client_are_replaced()
    {
        var headers = await HeadersReceivedByTheApiAsync(trusted: "10.0.0.0/8,192.0.2.1");

        Assert.Equal("127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("http", headers["X-Forwarded-Proto"]);
        Assert.StartsWith("127.0.0.1:", headers["X-Forwarded-Host"], StringComparison.Ordinal);
        Assert.DoesNotContain("X-Forwarded-Port", headers.Keys);
        Assert.DoesNotContain("Forwarded", headers.Keys);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("192.0.2.1, 127.0.0.0/8")]
    public async Task Forwarded_headers_of_a_trusted_proxy_are_kept_and_extended(string trusted)
    {
        var headers = await HeadersReceivedByTheApiAsync(trusted);

        Assert.Equal("203.0.113.7, 127.0.0.1", headers["X-Forwarded-For"]);
        Assert.Equal("https", headers["X-Forwarded-Proto"]);
        Assert.Equal("chat.example", headers["X-Forwarded-Host"]);
        Assert.Equal("443", headers["X-Forwarded-Port"]);
    }

    [Theory]
    [InlineData("", "192.0.2.1, 127.0.0.1", "127.0.0.1")] // no proxy is trusted: the peer is the client
    [InlineData("127.0.0.1", "127.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.1", "203.0.113.7, 127.0.0.1", "203.0.113.7")]
    [InlineData("127.0.0.0/8,10.0.0.0/8", "203.0.113.7, 198.51.100.2, 10.1.2.3, 127.0.0.1", "198.51.100.2")]
    [InlineData("127.0.0.1", "2001:db8::7, 127.0.0.1", "2001:db8::7")]
    [InlineData("127.0.0.1", "unknown, 127.0.0.1", "127.0.0.1")]
    public void Client_is_the_last_hop_that_is_not_a_trusted_proxy(string trusted, string hops, string client)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers["X-Forwarded-For"] = hops;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("TRUSTED_PROXIES", trusted)]).Build();

        var address = XForwarded.ClientAddress(context, configuration.Read(ServerSettings.TrustedProxies));

        Assert.Equal(client, $"{address}");
    }

    [Theory]
    [InlineData("everyone")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.1:80")]
    public void Malformed_setting_is_named_in_the_error(string value)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create("TRUSTED_PROXIES", (string?)value)]).Build();

        var error = Assert.Throws<StartupException>(() => configuration.Read(ServerSettings.TrustedProxies));

        Assert.Contains("TRUSTED_PROXIES", error.Message, StringComparison.Ordinal);
        Assert.Contains(value, error.Message, StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, string>> HeadersReceivedByTheApiAsync(string trusted)
    {
        await using var lb = await RunningLoadBalancer.StartAsync($"127.0.0.1:{FreePort.Next()}", null, ("TRUSTED_PROXIES", trusted));
        await using var api = await FakeApi.StartAsync();
        await lb.RegisterAsync(api);
        await Eventually.Async(async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/");
            request.Headers.Add("X-Forwarded-For", "203.0.113.7");
            request.Headers.Add("X-Forwarded-Proto", "https");
            request.Headers.Add("X-Forwarded-Host", "chat.example");
            request.Headers.Add("X-Forwarded-Port", "443");
            request.Headers.Add("Forwarded", "for=203.0.113.7");
            using var response = await lb.Http.SendAsync(request, TestContext.Current.CancellationToken);
            return !api.Requests.IsEmpty;
        }, arrived => arrived);
        return api.Requests.First().Headers;
    }
}
