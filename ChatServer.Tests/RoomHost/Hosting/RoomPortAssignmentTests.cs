using System.Net;
using System.Net.Sockets;
using ChatServer.Backplane.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>The port that a room gets, and rooms for which there is none.</summary>
public sealed class RoomPortAssignmentTests : HostCluster
{
    [Fact]
    public async Task A_room_is_open_on_the_lowest_free_port_before_its_creation_is_answered()
    {
        await StartHostAsync();
        for (var i = 0; i < 3; i++)
        {
            var room = await CreateAsync($"room-{i}");

            Assert.Equal(("host-1", "localhost", FirstPort + i), (room.HostId, room.Address, room.Port));
            Assert.Equal($"room-{i}", await GetAsync(room.Port));
        }
        var member = await JoinAsync(FirstPort + 1);
        Assert.Equal("room-1", member.Welcome["room"]);

        Assert.True(await Api.Rooms.ShutdownAsync("room-1"));
        await ClosedAsync(member, 4004, "room-closed", reconnect: false);
        await Eventually.Async(() => Api.Rooms.FindAsync("room-1"), room => room is null);
        await IsFreeAsync(FirstPort + 1);

        Assert.Equal(FirstPort + 1, (await CreateAsync("room-3")).Port);
        Assert.Equal("room-3", await GetAsync(FirstPort + 1));
        Assert.Equal(FirstPort + 3, (await CreateAsync("room-4")).Port);
    }

    [Fact]
    public async Task Port_held_by_another_process_is_skipped()
    {
        using var other = new TcpListener(IPAddress.Loopback, FirstPort);
        other.Start();
        await StartHostAsync();

        Assert.Equal(FirstPort + 1, (await CreateAsync("lobby")).Port);
        Assert.Equal("lobby", await GetAsync(FirstPort + 1));
    }

    [Fact]
    public async Task Concurrent_creations_never_exceed_MAX_ROOMS()
    {
        await StartHostAsync("host-1", ("MAX_ROOMS", "3"));

        var rooms = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => TryCreateAsync($"room-{i}")));

        Assert.Equal(3, rooms.OfType<RoomRecord>().Select(r => r.Port).Distinct().Count());
        Assert.Equal(3, await Api.Rooms.CountAsync());
        Assert.Null(await TryCreateAsync("one-more"));

        var gone = rooms.First(r => r is not null)!;
        await Api.Rooms.ShutdownAsync(gone.Name);
        await Eventually.Async(() => Api.Rooms.FindAsync(gone.Name), room => room is null);
        Assert.Equal(gone.Port, (await CreateAsync("one-more")).Port);
    }

    [Fact]
    public async Task A_room_for_which_no_port_is_left_is_refused_and_placed_on_another_host()
    {
        await StartHostAsync("host-1", ("ROOM_PORTS", $"{FirstPort}-{FirstPort}"));
        await CreateAsync("lobby");
        Assert.Null(await TryCreateAsync("other"));
        Assert.Null(await Api.Rooms.FindAsync("other"));

        await FakeHostAsync("host-2");

        Assert.Equal("host-2", (await CreateAsync("other")).HostId);
        Assert.DoesNotContain("other", await Api.Ownership.WantedAsync("host-1"));
        Assert.Equal("lobby", await GetAsync(FirstPort));
    }

    [Fact]
    public async Task Room_whose_port_is_taken_after_a_restart_moves_to_another_host()
    {
        var host = await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("hello");
        await host.Process.KillAsync();
        await FakeHostAsync("host-2");

        using var other = new TcpListener(IPAddress.Loopback, FirstPort);
        other.Start();
        await StartHostAsync("host-1", ("ROOM_PORTS", $"{FirstPort}-{FirstPort}"));

        var moved = await Eventually.Async(
            () => Api.Rooms.FindAsync("lobby"), r => r?.HostId == "host-2" && r.State == RoomState.Open);
        Assert.Equal((room.Epoch, 1), (moved!.Epoch, moved.Seq));
    }

    [Fact]
    public async Task Host_without_free_sockets_refuses_rooms_and_keeps_running()
    {
        // Of 812 file descriptors, 300 are left for ports and connections.
        var first = FreePort.Next(400);
        var program = Path.Combine(AppContext.BaseDirectory, "ChatServer.RoomHost.dll");
        var environment = Settings("host-1").ToDictionary(s => s.Name, s => s.Value);
        environment["ROOM_PORTS"] = $"{first}-{first + 399}";
        environment["PORT"] = $"{FreePort.Next()}";
        var limited = Own(ServerProcess.Start("/bin/sh", ["-c", $"ulimit -n 812; exec dotnet '{program}'"], environment));
        await Eventually.Async(() => Api.Hosts.FindAsync("host-1"), host => host is not null);
        await Parallel.ForAsync(0, 300, Cancelled, async (i, _) => await CreateAsync($"room-{i}"));
        Assert.Null(await TryCreateAsync("too-many"));

        await FakeHostAsync("host-2");
        Assert.Equal("host-2", (await CreateAsync("too-many")).HostId);

        await Api.Rooms.ShutdownAsync("room-0");
        await Api.Rooms.ShutdownAsync("room-1");
        await Eventually.Async(() => Api.Rooms.CountAsync(), count => count == 299);
        await Eventually.Async(async () => (await CreateAsync($"late-{Guid.NewGuid():N}")).HostId, id => id == "host-1");
        Assert.Equal("room-2", await GetAsync((await Api.Rooms.FindAsync("room-2"))!.Port));
        Assert.False(limited.HasExited);
    }
}
