using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Messages;
using ChatServer.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace ChatServer.Tests.Backplane;

/// <summary>The parts of the Backplane that a simulation replaces: the connections and the source of random bytes.</summary>
public sealed class SeamTests(EmbeddedRedis redis) : IClassFixture<EmbeddedRedis>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await redis.EnsureStartedAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public void Ids_of_generators_with_one_seed_are_equal()
    {
        var (first, second, other) = (Seeded(1), Seeded(1), Seeded(2));

        string[] ids = [first.NewId(), first.NewEpoch(), first.NewId()];

        Assert.Equal(ids, (string[])[second.NewId(), second.NewEpoch(), second.NewId()]);
        Assert.Equal([32, 12, 32], ids.Select(id => id.Length));
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]+$", id));
        Assert.NotEqual(ids[0], other.NewId());
    }

    [Fact]
    public void System_ids_differ() => Assert.NotEqual(IdGenerator.System.NewId(), IdGenerator.System.NewId());

    [Fact]
    public async Task Registered_connector_and_generator_are_used_by_every_service()
    {
        await using var multiplexer = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        var opened = new List<string>();
        using var host = Process(multiplexer, opened);
        var expected = Seeded(7);

        var instance = host.Services.GetRequiredService<BackplaneConnection>().Instance;
        var announcement = await host.Services.GetRequiredService<Announcements>().PostAsync("hello", null);

        Assert.Equal((expected.NewId(), expected.NewId()), (instance, announcement.Id));
        Assert.Equal([RedisClients.Commands], opened);
    }

    private static IdGenerator Seeded(int seed) => new(new Random(seed).NextBytes);

    private static IHost Process(IConnectionMultiplexer multiplexer, List<string> opened)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["ConnectionStrings:redis"] = "no-such-host:1";
        builder.Services.AddSingleton<RedisConnector>(client =>
        {
            opened.Add(client);
            return multiplexer;
        });
        builder.Services.AddSingleton(Seeded(7));
        builder.AddBackplane();
        return builder.Build();
    }
}
