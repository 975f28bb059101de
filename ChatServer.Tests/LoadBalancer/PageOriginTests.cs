using System.Net;
using ChatServer.LoadBalancer.Forwarding;
using ChatServer.Settings;
using ChatServer.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Tests.LoadBalancer;

public sealed class PageOriginTests
{
    [Theory]
    [InlineData("http", "localhost:2000", "http://localhost:2000")]
    [InlineData("http", "127.0.0.1:2000", "http://127.0.0.1:2000")]
    [InlineData("http", "[::1]:2000", "http://[::1]:2000")]
    [InlineData("http", "lobby.localhost", "http://lobby.localhost")]
    [InlineData("https", "PUBLIC.example:443", "https://public.example")]
    [InlineData("http", "allowed.example:80", "http://allowed.example")]
    public async Task Known_host_of_the_request_is_the_origin(string scheme, string host, string origin) =>
        Assert.Equal(origin, await OriginAsync("192.0.2.1", scheme, host));

    // Such a name can resolve to this machine, after it resolved to the server of an attacker's page.
    [Theory]
    [InlineData("attacker.example:2000")]
    [InlineData("localhost.attacker.example")]
    [InlineData("127.0.0.1.attacker.example")]
    [InlineData("user@localhost")]
    [InlineData("")]
    public async Task Unknown_host_is_no_origin(string host) => Assert.Null(await OriginAsync("192.0.2.1", "http", host));

    [Theory]
    [InlineData("https", "chat.example", "https://chat.example")]
    [InlineData("wss", "chat.example", "https://chat.example")]
    [InlineData("https, http", "chat.example, inner:2000", "https://chat.example")]
    [InlineData("HTTPS", "xn--bcher-kva.example:8443", "https://xn--bcher-kva.example:8443")]
    [InlineData("gopher", "chat.example", null)]
    [InlineData("https", "a b", null)]
    public async Task Forwarded_host_of_a_trusted_proxy_is_the_origin(string scheme, string host, string? origin) =>
        Assert.Equal(origin, await OriginAsync("10.0.0.1", "http", "inner:2000", (scheme, host)));

    [Fact]
    public async Task Host_that_a_trusted_proxy_passes_on_is_the_origin() =>
        Assert.Equal("http://chat.example", await OriginAsync("::ffff:10.0.0.1", "http", "chat.example"));

    [Fact]
    public async Task Forwarded_host_of_another_client_is_ignored() =>
        Assert.Null(await OriginAsync("192.0.2.1", "http", "attacker.example", ("https", "localhost")));

    private static async Task<string?> OriginAsync(
        string peer, string scheme, string host, (string Scheme, string Host)? forwarded = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("TRUSTED_PROXIES", "10.0.0.0/8"), new("PUBLIC_URL", "https://public.example/app"), new("AllowedHosts", "allowed.example"),
        ]).Build();
        var trusted = configuration.Read(ServerSettings.TrustedProxies);
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        context.Request.Scheme = scheme;
        context.Request.Headers.Host = host;
        if (forwarded is var (forwardedScheme, forwardedHost))
        {
            context.Request.Headers["X-Forwarded-Proto"] = forwardedScheme;
            context.Request.Headers["X-Forwarded-Host"] = forwardedHost;
        }
        await new XForwarded(_ => Task.CompletedTask, trusted).InvokeAsync(context);
        return new PageOrigin(trusted, new KnownHosts(configuration)).Of(context);
    }
}
