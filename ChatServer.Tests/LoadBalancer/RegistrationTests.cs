using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LoadBalancer;

public sealed class RegistrationTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private RunningLoadBalancer _lb = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _lb = await RunningLoadBalancer.StartAsync($"127.0.0.1:{FreePort.Next()}", _time);

    public ValueTask DisposeAsync() => _lb.DisposeAsync();

    [Theory]
    [InlineData("api.example", "api.example", 80)]
    [InlineData("API.example:8080", "api.example", 8080)]
    [InlineData("10.1.2.3:65535", "10.1.2.3", 65535)]
    [InlineData("[2001:db8::1]:8080", "[2001:db8::1]", 8080)]
    [InlineData("[::1]", "[::1]", 80)]
    public async Task Heartbeat_registers_an_api(string host, string expectedHost, int expectedPort)
    {
        using var answer = await _lb.RegisterAsync(host, "8", "17", "1.2.3-rc.1+abc");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
        var server = Assert.Single(await _lb.ServersAsync());
        Assert.Equal(
            $$"""{"host":"{{expectedHost}}","port":{{expectedPort}},"cpus":8,"rooms":17"""
            + ""","version":"1.2.3-rc.1+abc","lastSeen":"2026-01-02T03:04:05+00:00"}""",
            server.GetRawText());
        Assert.Equal(server.GetRawText(), body.GetProperty("data").GetRawText());
    }

    [Fact]
    public async Task Servers_are_listed_least_loaded_first()
    {
        await _lb.RegisterAsync("busy", "4", "10");
        await _lb.RegisterAsync("idle", "4", "0");
        await _lb.RegisterAsync("big-and-busy", "16", "10");
        await _lb.RegisterAsync("b", "2", "0");
        await _lb.RegisterAsync("a", "2", "0");

        Assert.Equal(["big-and-busy", "idle", "a", "b", "busy"], (await _lb.ServersAsync()).Select(Host));

        await _lb.RegisterAsync("busy", "4", "0");
        await _lb.RegisterAsync("idle", "4", "9");

        Assert.Equal(["big-and-busy", "busy", "a", "b", "idle"], (await _lb.ServersAsync()).Select(Host));
    }

    [Fact]
    public async Task Three_missed_heartbeats_remove_an_api_until_its_next_one()
    {
        await _lb.RegisterAsync("silent");
        for (var second = 0; second < 30; second += 10)
        {
            await _lb.RegisterAsync("beating");
            _time.Advance(TimeSpan.FromSeconds(10));
        }
        Assert.Equal(["beating", "silent"], (await _lb.ServersAsync()).Select(Host));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["beating"], (await _lb.ServersAsync()).Select(Host));

        await _lb.RegisterAsync("silent");
        Assert.Equal(["beating", "silent"], (await _lb.ServersAsync()).Select(Host));
    }

    [Fact]
    public async Task Removed_api_gets_no_calls()
    {
        await using var api = await FakeApi.StartAsync();
        await _lb.RegisterAsync(api);
        await Eventually.Async(async () => (await _lb.Http.GetAsync("/", Ct)).StatusCode, status => status == HttpStatusCode.Accepted);

        _time.Advance(TimeSpan.FromSeconds(31));

        await Eventually.Async(
            async () => (await _lb.Http.GetAsync("/", Ct)).StatusCode, status => status == HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task Load_balancer_is_ready_with_its_first_api()
    {
        using (var before = await _lb.Http.GetAsync("/health", Ct))
            await before.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "not-ready");
        await _lb.RegisterAsync("api");
        using var after = await _lb.Http.GetAsync("/health", Ct);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    [Fact]
    public async Task Load_balancer_is_ready_after_10_s_without_an_api()
    {
        _time.Advance(TimeSpan.FromSeconds(9.9));
        using (var before = await _lb.Http.GetAsync("/health", Ct))
            await before.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "not-ready");
        _time.Advance(TimeSpan.FromSeconds(0.1));
        using var after = await _lb.Http.GetAsync("/health", Ct);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
    }

    private static string Host(JsonElement server) => server.GetProperty("host").GetString()!;
}
