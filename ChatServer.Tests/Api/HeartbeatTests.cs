using System.Net;
using System.Threading.Channels;
using ChatServer.Backplane.Messages;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChatServer.Tests.Api;

public sealed class HeartbeatTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    [Fact]
    public async Task Heartbeats_reach_every_load_balancer_even_if_one_is_down()
    {
        await using var one = await FakeLoadBalancer.StartAsync();
        await using var two = await FakeLoadBalancer.StartAsync();
        await cluster.CreateAsync("counted");

        var api = await cluster.StartApiAsync(
            ("LOADBALANCERS", $"{one.Url},http://127.0.0.1:{FreePort.Next()},{two.Url}/"), ("LOADBALANCER_KEY", "lb-key"),
            ("HOST", "api.example"));

        var port = api.Http.BaseAddress!.Port;
        foreach (var balancer in (FakeLoadBalancer[])[one, two])
        {
            var (method, path, key) = await balancer.NextAsync();
            Assert.Equal("PUT", method);
            Assert.Equal(
                $"/register/api.example%3A{port}/{Environment.ProcessorCount}/{await cluster.Backplane.Rooms.CountAsync()}/1.0.0", path);
            Assert.Equal("lb-key", key);
        }
        Assert.Equal(HttpStatusCode.OK, (await api.Http.GetAsync("/api/v1/", TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task Api_is_not_ready_before_its_first_heartbeats()
    {
        var responseGate = new TaskCompletionSource();
        await using var balancer = await FakeLoadBalancer.StartAsync(responseGate: responseGate.Task);
        var api = await cluster.StartApiAsync(("LOADBALANCERS", balancer.Url), ("LOADBALANCER_KEY", "lb-key"));
        await balancer.NextAsync();

        var health = await (await api.SendAsync(HttpMethod.Get, "/health")).IsProblemAsync(HttpStatusCode.ServiceUnavailable, "not-ready");
        Assert.Equal("The load balancers have not answered yet.", health.GetProperty("checks").GetProperty("load-balancers").GetString());
        responseGate.SetResult();

        await Eventually.Async(() => api.SendAsync(HttpMethod.Get, "/health"), answer => answer.StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Load_balancer_that_starts_after_the_Api_receives_a_heartbeat_within_seconds()
    {
        var port = FreePort.Next();
        var api = await cluster.StartApiAsync(
            ("LOADBALANCERS", $"http://127.0.0.1:{port}"), ("LOADBALANCER_KEY", "lb-key"), ("Logging__LogLevel__Default", "Warning"));
        await Eventually.Async(() => api.Process.Output, output => output.Contains("Registration with", StringComparison.Ordinal));

        await using var balancer = await FakeLoadBalancer.StartAsync(port: port);

        // The next regular heartbeat is sent after 10 s.
        await balancer.NextAsync().WaitAsync(TimeSpan.FromSeconds(8), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Start_of_a_load_balancer_causes_a_heartbeat()
    {
        await using var balancer = await FakeLoadBalancer.StartAsync();
        await cluster.StartApiAsync(("LOADBALANCERS", balancer.Url), ("LOADBALANCER_KEY", "lb-key"));
        await balancer.NextAsync();
        var starts = new LoadBalancerStarts(cluster.Backplane.Connection, TimeProvider.System);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(9)); // the next regular heartbeat is sent after 10 s

        for (var start = 0; start < 4; start++)
        {
            await starts.AnnounceAsync(deadline.Token);
            await balancer.NextAsync().WaitAsync(deadline.Token);
        }
    }

    [Fact]
    public async Task Advertised_address_may_contain_another_port()
    {
        await using var balancer = await FakeLoadBalancer.StartAsync();
        await cluster.StartApiAsync(("LOADBALANCERS", balancer.Url), ("LOADBALANCER_KEY", "new-key,old-key"), ("HOST", "api.example:8443"));
        var (_, path, key) = await balancer.NextAsync();
        Assert.StartsWith("/register/api.example%3A8443/", path, StringComparison.Ordinal);
        Assert.Equal("new-key", key);
    }

    [Fact]
    public async Task Refused_registration_is_logged_once_in_production_and_shown_by_the_health_check()
    {
        await using var balancer = await FakeLoadBalancer.StartAsync(StatusCodes.Status401Unauthorized);
        var api = await cluster.StartApiAsync(("LOADBALANCERS", balancer.Url), ("LOADBALANCER_KEY", "wrong"));
        await balancer.NextAsync();
        await Eventually.Async(() => api.Process.Output, output => output.Contains("it answered 401", StringComparison.Ordinal));
        Assert.Single(api.Process.Output.Split('\n'), line => line.Contains("refuses this Api", StringComparison.Ordinal));
        Assert.DoesNotContain("wrong", api.Process.Output, StringComparison.Ordinal);
        var checks = (await api.GetDataAsync("/health")).GetProperty("checks");
        Assert.StartsWith(
            "This Api is not registered with 1 of 1", checks.GetProperty("load-balancers").GetString(), StringComparison.Ordinal);
    }

    /// <summary>A load balancer that only records heartbeats.</summary>
    private sealed class FakeLoadBalancer(WebApplication app, ChannelReader<(string Method, string Path, string Key)> heartbeats)
        : IAsyncDisposable
    {
        public string Url => app.Urls.Single();

        public static async Task<FakeLoadBalancer> StartAsync(int answer = StatusCodes.Status200OK, Task? responseGate = null, int port = 0)
        {
            var heartbeats = Channel.CreateUnbounded<(string, string, string)>();
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseUrls($"http://127.0.0.1:{port}");
            builder.Logging.ClearProviders();
            var app = builder.Build();
            app.Run(async context =>
            {
                var target = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
                heartbeats.Writer.TryWrite((context.Request.Method, target, context.Request.Headers["X-API-Key"].ToString()));
                await (responseGate ?? Task.CompletedTask);
                context.Response.StatusCode = answer;
            });
            await app.StartAsync();
            return new FakeLoadBalancer(app, heartbeats.Reader);
        }

        public async Task<(string Method, string Path, string Key)> NextAsync() =>
            await heartbeats.ReadAsync().AsTask().WaitAsync(Eventually.Timeout);

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
