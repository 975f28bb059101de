using ChatServer.Backplane;
using ChatServer.Backplane.Rooms;
using ChatServer.RoomHost.Hosting;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class JitWarmupTests : HostCluster
{
    [Fact]
    public async Task Warmup_takes_over_its_room_and_leaves_nothing_in_Redis()
    {
        using var host = NewHost(ConnectionString);
        var changed = false;
        var changes = host.Services.GetRequiredService<RoomChanges>();
        changes.RoomChanged += _ => changed = true;
        changes.Start();

        await host.Services.GetRequiredService<JitWarmup>().RunAsync(Cancelled);

        await RawAsync(async db =>
        {
            var keys = (string[])(await db.ExecuteAsync("KEYS", "chat:*"))!;
            Assert.DoesNotContain(keys, key => key != RedisNames.Generation);
        });
        Assert.False(changed);
    }

    [Fact]
    public async Task Room_of_a_warmup_is_claimed_and_not_listed()
    {
        using var host = NewHost(ConnectionString);
        var rooms = host.Services.GetRequiredService<WarmupRooms>();

        await rooms.CreateAsync("host-1", Cancelled);
        var claim = await rooms.ClaimAsync("host-1", "localhost", 1, Cancelled);

        Assert.Equal(RoomState.Open, claim?.Room.State);
        Assert.False(ChatServer.Contracts.RoomNames.IsValid(rooms.Name));
        Assert.Empty(await Api.Rooms.NamesAsync(Cancelled));
        Assert.Empty(await Api.Ownership.WantedAsync("host-1", Cancelled));
        await RawAsync(async db => Assert.NotNull(await db.KeyTimeToLiveAsync(RedisNames.Room(rooms.Name))));
    }

    [Fact]
    public async Task Warmup_completes_without_Redis()
    {
        using var host = NewHost($"127.0.0.1:{FreePort.Next()}");

        await host.Services.GetRequiredService<JitWarmup>().RunAsync(Cancelled);
    }

    [Fact]
    public async Task Warmup_ends_when_cancelled()
    {
        using var host = NewHost(ConnectionString);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => host.Services.GetRequiredService<JitWarmup>().RunAsync(new CancellationToken(canceled: true)));
    }

    private static IHost NewHost(string connectionString)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration["ConnectionStrings:redis"] = connectionString;
        builder.Services.AddLogging();
        builder.Services.AddSingleton<LogReadLimiter>();
        builder.Services.AddSingleton<JitWarmup>();
        builder.AddBackplane();
        return builder.Build();
    }
}
