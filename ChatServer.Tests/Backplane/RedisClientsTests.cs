using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.Backplane;

public sealed class RedisClientsTests(EmbeddedRedis redis) : IClassFixture<EmbeddedRedis>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await redis.EnsureStartedAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_connection_is_opened_when_its_purpose_is_first_used()
    {
        await using var observer = await ConnectionMultiplexer.ConnectAsync($"{redis.ConnectionString},allowAdmin=true");
        var withoutProcess = await CountAsync(observer);

        await using var process = new BackplaneProcess(redis.ConnectionString);
        await process.Connection.PingAsync();
        var withCommands = await CountAsync(observer);
        await process.Connection.AppendsAsync();
        var withAppends = await CountAsync(observer);
        await process.Connection.SubscriberAsync();
        var withSubscriptions = await CountAsync(observer);

        var perClient = withCommands - withoutProcess;
        Assert.InRange(perClient, 1, 2); // with RESP2 a client has a second connection, for subscriptions
        Assert.Equal((2 * perClient, 3 * perClient), (withAppends - withoutProcess, withSubscriptions - withoutProcess));
    }

    private static async Task<int> CountAsync(ConnectionMultiplexer observer) =>
        ((string)(await observer.GetDatabase().ExecuteAsync("CLIENT", "LIST"))!).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
