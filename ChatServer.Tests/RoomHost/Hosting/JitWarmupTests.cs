using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using ChatServer.RoomHost;
using ChatServer.RoomHost.Hosting;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class JitWarmupTests : HostCluster
{
    [Fact]
    public async Task Warmup_takes_over_its_room_and_leaves_nothing_in_Redis()
    {
        await using var host = NewHost(ConnectionString);
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
        await using var host = NewHost(ConnectionString);
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
    public async Task Warmup_without_Redis_fails_and_the_host_starts()
    {
        await using var host = NewHost($"127.0.0.1:{FreePort.Next()}");

        await Assert.ThrowsAsync<BackplaneUnavailableException>(
            () => host.Services.GetRequiredService<JitWarmup>().RunAsync(Cancelled));
        await host.Services.GetRequiredService<JitWarmup>().TryRunAsync();
    }

    [Fact]
    public async Task Warmup_ends_when_cancelled()
    {
        await using var host = NewHost(ConnectionString);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => host.Services.GetRequiredService<JitWarmup>().RunAsync(new CancellationToken(canceled: true)));
    }

    private WebApplication NewHost(string connectionString)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["KEY"] = "key",
            ["HOST_ID"] = "host-1",
            ["ROOM_PORTS"] = $"{FirstPort}-{FirstPort + Ports - 1}",
            ["PORT"] = "0",
            ["BIND"] = "127.0.0.1",
            ["ConnectionStrings:redis"] = connectionString,
        });
        return RoomHostApp.Build(builder);
    }
}
