using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>A host that was paused while its lease expired, and two hosts with one id.</summary>
public sealed class PausedHostTests : HostCluster
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Paused_host_that_lost_its_room_writes_nothing_and_closes_its_members(bool hasSomethingToWrite)
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("before");
        await host.Process.PauseAsync();
        await LeaseRunsOutAsync();
        if (hasSomethingToWrite)
            await member.SendAsync(new { type = "message", id = "late", text = "too late" });
        var other = await FakeHostAsync("host-2");
        Assert.Equal("host-2", (await CreateAsync("lobby")).HostId);

        host.Process.Resume();

        await member.NextAsync("closing");
        Assert.Equal(1001, (await member.ClosedAsync()).Code);
        Assert.Equal(["before"], member.Log.Select(e => e["text"]));
        await IsFreeAsync(room.Port);
        Assert.Equal(other.Open["lobby"], await Api.Rooms.FindAsync("lobby"));
        Assert.Equal(1, (await Api.Log.ReadAfterAsync("lobby", 0, 10))?.Newest);
        Assert.Contains("lobby", await Api.Ownership.WantedAsync("host-2"));
        Assert.DoesNotContain("lobby", await Api.Ownership.WantedAsync("host-1"));
        // The host accepts rooms again.
        await other.BeLongDeadAsync();
        Assert.Equal("host-1", (await CreateAsync("new")).HostId);
    }

    [Fact]
    public async Task Paused_host_does_not_close_an_idle_room_it_no_longer_owns()
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("lobby", Defaults with { IdleTimeoutSeconds = 5 });
        await host.Process.PauseAsync();
        await LeaseRunsOutAsync();
        var other = await FakeHostAsync("host-2");
        // Moved without a nudge: the host detects it in a round.
        await RawAsync(db => RedisScript.PlaceRoom.RunAsync(db, [RedisNames.Room("lobby")], room.Term, "host-2"));
        var moved = await other.Process.Ownership.ClaimAsync("lobby", "host-2", "127.0.0.1", 1);
        Assert.NotNull(moved?.Room);
        await Eventually.Async(() => DateTimeOffset.UtcNow - room.CreatedAt, age => age > TimeSpan.FromSeconds(6));

        host.Process.Resume();

        await Eventually.Async(() => Api.Hosts.FindAsync("host-1"), h => h?.Rooms == 0);
        Assert.Equal(moved.Room, await Api.Rooms.FindAsync("lobby"));
    }

    [Fact]
    public async Task Host_with_a_held_id_does_not_start()
    {
        await FakeHostAsync("host-1");

        await using var second = ServiceProcess.Launch("ChatServer.RoomHost", [.. Settings("host-1"), ("PORT", $"{FreePort.Next()}")]);
        await second.WaitForExitAsync();

        AssertEndedBecauseOfHeldId(second);
    }

    [Fact]
    public async Task Paused_host_that_lost_its_id_exits_and_leaves_its_rooms()
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await host.Process.PauseAsync();
        await LeaseRunsOutAsync();
        await FakeHostAsync("host-1");
        var taken = await CreateAsync("lobby");
        Assert.NotEqual(room.Term, taken.Term);

        host.Process.Resume();

        await ClosedAsync(member, 1001, "host-stopping", reconnect: true);
        await host.Process.WaitForExitAsync();
        AssertEndedBecauseOfHeldId(host.Process);
        Assert.Equal(taken, await Api.Rooms.FindAsync("lobby"));
        Assert.Equal(["lobby"], await Api.Ownership.WantedAsync("host-1"));
        Assert.NotNull(await Api.Hosts.FindAsync("host-1"));
    }

    private Task LeaseRunsOutAsync() => Eventually.Async(() => Api.Hosts.FindAsync("host-1"), host => host is null);

    // The output is one line for the operator, and log entries in JSON.
    private static void AssertEndedBecauseOfHeldId(ServerProcess process)
    {
        Assert.Equal(1, process.ExitCode);
        var lines = process.Output.TrimEnd().Split('\n');
        Assert.Equal("HOST_ID host-1 is in use by another RoomHost.", Assert.Single(lines, line => !line.StartsWith('{')));
        Assert.All(lines.Where(line => line.StartsWith('{')), line => JsonSerializer.Deserialize<JsonElement>(line));
    }
}
