using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>Refused registrations. They do not change the load balancer, so all tests share one.</summary>
public sealed class RegistrationRefusalTests(IsolatedLoadBalancer isolated) : IClassFixture<IsolatedLoadBalancer>
{
    private readonly RunningLoadBalancer _lb = isolated.Running;

    [Theory]
    [InlineData("api:0", "4", "0", "1.0.0")]
    [InlineData("api:65536", "4", "0", "1.0.0")]
    [InlineData("api:", "4", "0", "1.0.0")]
    [InlineData("api:80:80", "4", "0", "1.0.0")]
    [InlineData("::1", "4", "0", "1.0.0")]
    [InlineData("[10.1.2.3]:80", "4", "0", "1.0.0")]
    [InlineData("[::1", "4", "0", "1.0.0")]
    [InlineData("user@api", "4", "0", "1.0.0")]
    [InlineData("api/path", "4", "0", "1.0.0")]
    [InlineData("api?x", "4", "0", "1.0.0")]
    [InlineData("a b", "4", "0", "1.0.0")]
    [InlineData("api", "0", "0", "1.0.0")]
    [InlineData("api", "-1", "0", "1.0.0")]
    [InlineData("api", "four", "0", "1.0.0")]
    [InlineData("api", "4", "-1", "1.0.0")]
    [InlineData("api", "4", "99999999999", "1.0.0")]
    [InlineData("api", "4", "0", "1 0")]
    [InlineData("api", "4", "0", "11111111111111111111111111111111111111111111111111111111111111111")]
    public async Task Malformed_heartbeat_registers_nothing(string host, string cpus, string rooms, string version)
    {
        using var answer = await _lb.RegisterAsync(host, cpus, rooms, version);

        await answer.IsProblemAsync(HttpStatusCode.BadRequest, "invalid-registration");
        Assert.Empty(await _lb.ServersAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("LB-KEY")]
    public async Task Registration_requires_the_key(string? key)
    {
        using var heartbeat = await _lb.RegisterAsync("api", key: key);
        using var listing = await _lb.Http.GetAsync("/servers", TestContext.Current.CancellationToken);

        await heartbeat.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
        await listing.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
        Assert.Empty(await _lb.ServersAsync());
    }

    [Fact]
    public async Task Load_balancer_is_alive_without_Apis_and_Redis()
    {
        using var answer = await _lb.Http.GetAsync("/alive", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}

/// <summary>A load balancer without Apis and without Redis.</summary>
public sealed class IsolatedLoadBalancer : IAsyncLifetime
{
    public RunningLoadBalancer Running { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Running = await RunningLoadBalancer.StartAsync($"127.0.0.1:{FreePort.Next()}");

    public ValueTask DisposeAsync() => Running.DisposeAsync();
}
