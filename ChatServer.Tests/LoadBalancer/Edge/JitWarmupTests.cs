using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.LoadBalancer;
using ChatServer.LoadBalancer.Edge;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace ChatServer.Tests.LoadBalancer.Edge;

public sealed class JitWarmupTests : IAsyncLifetime
{
    private readonly RedisServer _redis = RedisServer.Preferred();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _redis.StartAsync();

    public ValueTask DisposeAsync() => _redis.DisposeAsync();

    [Fact]
    public async Task Warmup_holds_members_through_the_loss_of_their_host_and_leaves_nothing_in_Redis()
    {
        await using var app = Build(_redis.ConnectionString);
        await app.Services.GetRequiredService<JitWarmup>().RunAsync(Cancelled);

        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{_redis.ConnectionString},allowAdmin=true");
        var keys = (string[])(await redis.GetDatabase().ExecuteAsync("KEYS", "chat:*"))!;
        Assert.DoesNotContain(keys, key => key != RedisNames.Generation && !key.Contains("relay", StringComparison.Ordinal));
        Assert.Equal(0, app.Services.GetRequiredService<EdgeRooms>().All.Sum(room => room.WaitingJoins));
        await Eventually.Async(() => app.Services.GetRequiredService<EdgeRooms>().All.Count, rooms => rooms == 0);
    }

    [Fact]
    public async Task Warmup_without_Redis_fails_and_the_service_starts()
    {
        await using var app = Build($"127.0.0.1:{FreePort.Next()}");
        await Assert.ThrowsAsync<BackplaneUnavailableException>(
            () => app.Services.GetRequiredService<JitWarmup>().RunAsync(Cancelled));
        var running = app.RunLoadBalancerAsync();
        await Eventually.Async(() => app.Urls.Count, urls => urls > 0 && !app.Urls.Single().EndsWith(":0", StringComparison.Ordinal));
        await app.StopAsync(Cancelled);
        await running;
    }

    [Fact]
    public async Task Warmup_ends_when_cancelled()
    {
        await using var app = Build(_redis.ConnectionString);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => app.Services.GetRequiredService<JitWarmup>().RunAsync(new CancellationToken(canceled: true)));
    }

    private static WebApplication Build(string redis)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["PORT"] = "0",
            ["BIND"] = "127.0.0.1",
            ["LOADBALANCER_KEY"] = "lb-key",
            ["ConnectionStrings:redis"] = redis,
        });
        return LoadBalancerApp.Build(builder);
    }
}
