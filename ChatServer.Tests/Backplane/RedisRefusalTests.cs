using System.Globalization;
using System.Net;
using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.Tests.Backplane;

/// <summary>A Redis that can be reached and refuses commands.</summary>
[Needs(OptionalProgram.RedisServer)]
public sealed class RedisRefusalTests
{
    private static readonly RoomOptions Defaults = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("CONFIG SET maxmemory 1", "memory limit is reached (OOM)")]
    [InlineData("REPLICAOF 127.0.0.1 1", "read-only replica (READONLY)")]
    [InlineData("CONFIG SET min-replicas-to-write 1", "too few replicas (NOREPLICAS)")]
    [InlineData("ACL SETUSER default -@write", "too few permissions (NOPERM)")]
    public async Task Health_names_the_reason_for_which_Redis_refuses_writes(string command, string reason)
    {
        await using var redis = new InstalledRedis();
        await redis.StartAsync();
        await using var process = new BackplaneProcess(redis.ConnectionString);
        await Eventually.Async(HealthAsync, health => health.Status == HealthStatus.Healthy);

        Assert.Equal("+OK", await redis.ExecuteAsync(command));

        var refused = await Eventually.Async(HealthAsync, health => health.Status != HealthStatus.Healthy);
        Assert.Equal(HealthStatus.Degraded, refused.Status);
        Assert.Contains(reason, refused.Description, StringComparison.Ordinal);

        async Task<HealthReportEntry> HealthAsync() => (await process.Health.CheckHealthAsync(Cancelled)).Entries["redis"];
    }

    [Fact]
    public async Task Without_free_memory_leases_are_renewed_rooms_are_deleted_and_nothing_is_created()
    {
        await using var redis = new InstalledRedis();
        await redis.StartAsync();
        await using var admin = await ServiceProcess.StartAsync(
            "ChatServer.Admin", "ADMIN_PORT", ("ADMIN_KEY", "key"), ("ConnectionStrings__redis", redis.ConnectionString));
        await using var process = new BackplaneProcess(redis.ConnectionString);
        await using var host = new FakeHost(process, "host-1", 10);
        await host.StartAsync();
        var room = await CreateAsync("kept");
        await CreateAsync("deleted");

        await redis.ExecuteAsync("CONFIG SET maxmemory 1");

        await Assert.ThrowsAsync<BackplaneUnavailableException>(() => process.Placement.CreateAsync("new", Defaults, Cancelled));
        await Assert.ThrowsAsync<BackplaneUnavailableException>(() => process.Log.AppendAsync(
            room.Name, room.Term, room.Seq, 1000, 1, 0, Entries.Events(room.Seq + 1, 1)));
        using var refused = await admin.SendAsync(HttpMethod.Post, "/api/v1/message", "key", """{"text":"hear"}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Contains("redis-unavailable", await refused.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        Assert.Contains("Redis refuses a command: OOM", admin.Process.Output, StringComparison.Ordinal);

        using var deleted = await admin.SendAsync(HttpMethod.Delete, "/api/v1/room/deleted/shutdown", "key");
        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        await Eventually.Async(() => process.Rooms.FindAsync("deleted"), found => found is null);
        var half = (long)(HostLease.Lifetime / 2).TotalMilliseconds;
        await redis.ExecuteAsync($"PEXPIRE {RedisNames.Host("host-1")} {half}");
        await Eventually.Async(
            async () => long.Parse((await redis.ExecuteAsync($"PTTL {RedisNames.Host("host-1")}"))[1..], CultureInfo.InvariantCulture),
            left => left > half); // a renewal
        Assert.Equal("host-1", Assert.Single(await process.Hosts.ListAsync(Cancelled)).Id);
        Assert.Equal(room.Term, (await process.Rooms.FindAsync("kept"))!.Term);

        await redis.ExecuteAsync("CONFIG SET maxmemory 0");
        await CreateAsync("new");

        async Task<RoomRecord> CreateAsync(string name) => (await Eventually.Async(
            async () => (await process.Placement.CreateAsync(name, Defaults, Cancelled))?.Room, created => created is not null))!;
    }

    [Fact]
    public async Task User_with_the_documented_permissions_can_use_every_function()
    {
        await using var redis = new InstalledRedis();
        await redis.StartAsync();
        Assert.Equal("+OK", await redis.ExecuteAsync("ACL SETUSER chat on >secret +@all -@dangerous +info +cluster ~chat:* &chat:*"));
        await using var process = new BackplaneProcess($"{redis.ConnectionString},user=chat,password=secret");
        await using var host = new FakeHost(process, "host-1", 10) { Answer = command => new SaidReply(command.Id, 1, "e") };
        await host.StartAsync();

        Assert.NotNull(await process.Placement.CreateAsync("lobby", Defaults, Cancelled));
        Assert.IsType<SaidReply>(await process.Commands.AskAsync(new MembersCommand("lobby"), Cancelled));
        Assert.Equal(HealthStatus.Healthy, (await process.Health.CheckHealthAsync(Cancelled)).Entries["redis"].Status);
        Assert.True(await process.Rooms.ShutdownAsync("lobby", ct: Cancelled));
        await Eventually.Async(() => process.Rooms.FindAsync("lobby"), found => found is null);
        Assert.DoesNotContain("reason=command", await redis.ExecuteAsync("ACL LOG"), StringComparison.Ordinal);
    }
}
