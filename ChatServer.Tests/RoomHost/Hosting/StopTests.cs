using ChatServer.Backplane;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>Rooms and hosts that are killed, stopped or shut down, and started again.</summary>
public sealed class StopTests : HostCluster
{
    [Fact]
    public async Task A_killed_host_that_is_started_again_has_its_rooms_their_ports_and_every_acknowledged_message()
    {
        var host = await StartHostAsync("host-1", ("MESSAGES_PER_SECOND", "0"));
        var room = await CreateAsync("lobby", Defaults with { Title = "Lobby" });
        var other = await CreateAsync("other");
        var member = await JoinAsync(room.Port, "user=ann");
        for (var i = 0; i < 20; i++)
            await member.SayAsync($"text {i}");
        for (var i = 0; i < 500; i++)
            await member.SendAsync(new { type = "message", id = $"u{i}", text = $"unwaited {i}" });

        await host.Process.KillAsync();
        Assert.Equal(RoomClient.NoCloseFrame, (await member.ClosedAsync()).Code);
        await StartHostAsync();

        var back = await Eventually.Async(() => Api.Rooms.FindAsync("lobby"), r => r!.Term > room.Term);
        Assert.Equal((room.Port, room.Epoch, "Lobby"), (back!.Port, back.Epoch, back.Options.Title));
        var all = await RejoinAsync("lobby", $"since={room.Epoch}.0");
        Assert.True(all.Welcome.Json.GetProperty("resumed").GetBoolean());
        var said = await all.SayAsync("after");
        Assert.Equal(all.Welcome.Seq + 1, said.Seq);
        // The sequences have no gap, and every event that the first connection received has its place.
        Assert.Equal(Enumerable.Range(1, all.Log.Count).Select(i => (long)i), all.Log.Select(e => e.Seq));
        Assert.True(member.Log.Count >= 20);
        Assert.Equal(member.Log.Select(e => e.ToString()), all.Log.Take(member.Log.Count).Select(e => e.ToString()));
        Assert.Equal("other", await GetAsync(other.Port));
    }

    [Fact]
    public async Task A_room_that_is_shut_down_closes_its_members_frees_its_port_and_leaves_no_history()
    {
        await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("hello");

        Assert.True(await Api.Rooms.ShutdownAsync("lobby"));

        await ClosedAsync(member, 4004, "room-closed", reconnect: false);
        await IsFreeAsync(room.Port);
        await Eventually.Async(() => Api.Rooms.FindAsync("lobby"), r => r is null);
        Assert.Null(await Api.Log.ReadAfterAsync("lobby", 0, 10));
        // The room is removed from the index and from the set of its host.
        await Eventually.Async(() => Api.Rooms.NamesAsync(), names => names.Count == 0);
        await Eventually.Async(() => Api.Ownership.WantedAsync("host-1"), wanted => wanted.Count == 0);
    }

    [Fact]
    public async Task Room_shutdown_with_a_lost_notification_is_found_by_the_periodic_round()
    {
        await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);

        await RawAsync(db => db.HashSetAsync(RedisNames.Room("lobby"), "state", "closing"));

        await Eventually.Async(() => Api.Rooms.FindAsync("lobby"), r => r is null, TimeSpan.FromSeconds(45));
        await ClosedAsync(member, 4004, "room-closed", reconnect: false);
    }

    [Fact]
    public async Task A_shutdown_of_the_server_closes_the_rooms_for_good_keeps_their_history_and_ends_the_process_with_0()
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("hello");

        await Api.Shutdown.OrderAsync();

        await ClosedAsync(member, 4004, "shutdown", reconnect: false);
        await host.Process.WaitForExitAsync();
        Assert.Equal((0, ""), (host.Process.ExitCode, host.Log));

        await StartHostAsync(); // ignores the order
        var back = await RejoinAsync("lobby");
        Assert.Equal((room.Epoch, 1), (back.Welcome["epoch"], back.Welcome.Seq));
        Assert.Equal("hello", (await back.NextAsync("message"))["text"]);
    }

    [Fact]
    public async Task Disconnected_host_obeys_the_shutdown_after_reconnecting_and_its_next_start_does_not()
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("hello");
        await host.Process.PauseAsync();
        await Api.Shutdown.OrderAsync();
        // Without this, the notification could wait in the socket of the paused process.
        await RawAsync(db => db.ExecuteAsync("CLIENT", "KILL", "TYPE", "pubsub"));
        await RawAsync(db => db.ExecuteAsync("CLIENT", "KILL", "TYPE", "normal"));

        host.Process.Resume();

        await ClosedAsync(member, 4004, "shutdown", reconnect: false);
        await host.Process.WaitForExitAsync();
        Assert.Equal(0, host.Process.ExitCode);
        await Eventually.Async(() => Api.Connection.PingAsync(Cancelled), _ => true);
        await StartHostAsync();
        var back = await RejoinAsync("lobby", $"since={room.Epoch}.0");
        Assert.Equal("hello", (await back.NextAsync("message"))["text"]);
    }

    [Fact]
    public async Task Stopping_host_makes_members_reconnect_and_releases_its_lease()
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("lobby");
        RoomClient[] members = [await JoinAsync(room.Port), await JoinAsync(room.Port), await JoinAsync((await CreateAsync("other")).Port)];
        await members[0].SayAsync("hello");

        await host.Process.StopAsync();

        foreach (var member in members)
            await ClosedAsync(member, 1001, "host-stopping", reconnect: true);
        Assert.Equal((0, ""), (host.Process.ExitCode, host.Log));
        Assert.Null(await Api.Hosts.FindAsync("host-1"));
        Assert.Equal(1, (await Api.Rooms.FindAsync("lobby"))?.Seq);
    }

    [Fact]
    public async Task A_room_that_stays_empty_is_closed_after_its_idle_timeout_and_one_with_a_member_is_not()
    {
        await StartHostAsync();
        var busy = await CreateAsync("busy", Defaults with { IdleTimeoutSeconds = 3 });
        var member = await JoinAsync(busy.Port);
        var empty = await CreateAsync("empty", Defaults with { IdleTimeoutSeconds = 3 });

        await Eventually.Async(() => Api.Rooms.FindAsync("empty"), r => r is null);
        await IsFreeAsync(empty.Port);
        await member.SayAsync("still here");

        await member.CloseAsync();
        await Eventually.Async(() => Api.Rooms.FindAsync("busy"), r => r is null);
    }
}
