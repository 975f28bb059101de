using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>Rooms that move because their host was killed or paused.</summary>
public sealed class FailoverTests : HostCluster
{
    [Fact]
    public async Task Rooms_of_a_killed_host_reopen_unasked_with_every_acknowledged_message()
    {
        var first = await StartHostAsync();
        var rooms = new List<RoomRecord>();
        for (var i = 0; i < 5; i++)
            rooms.Add(await CreateAsync($"room-{i}"));
        var member = await JoinAsync(rooms[3].Port, "user=ann");
        for (var i = 0; i < 10; i++)
            await member.SayAsync($"text {i}");
        await StartHostAsync("host-2");

        await first.Process.KillAsync();

        foreach (var room in rooms)
            await MovedAsync(room, "host-2");
        var back = await RejoinAsync("room-3", $"user=ann&session={member.Session}&since={member.Since}");
        Assert.True(back.Welcome.Json.GetProperty("resumed").GetBoolean());
        Assert.Equal("ann", back.User);
        Assert.Equal(11, (await back.SayAsync("after", id: "new")).Seq);
        Assert.Empty(await Api.Ownership.WantedAsync("host-1"));
    }

    [Fact]
    public async Task Message_repeated_after_a_takeover_returns_its_first_event()
    {
        var first = await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port, "user=ann&session=0123456789abcdef");
        var said = await member.SayAsync("once", id: "m1");
        await StartHostAsync("host-2");
        await first.Process.KillAsync();
        await MovedAsync(room, "host-2");

        var back = await RejoinAsync("lobby", $"user=ann&session=0123456789abcdef&since={member.Since}");
        var again = await back.SayAsync("once", id: "m1");

        Assert.Equal(said.ToString(), again.ToString());
        Assert.Equal(1, (await Api.Log.ReadAfterAsync("lobby", 0, 10))?.Newest);
    }

    [Fact]
    public async Task When_all_hosts_were_killed_the_rooms_return_with_the_first_that_starts()
    {
        var hosts = new[] { await StartHostAsync(), await StartHostAsync("host-2") };
        var rooms = new List<RoomRecord>();
        for (var i = 0; i < 6; i++)
            rooms.Add(await CreateAsync($"room-{i}"));
        Assert.Equal(2, rooms.Select(r => r.HostId).Distinct().Count());
        var member = await JoinAsync(rooms[0].Port);
        await member.SayAsync("kept");
        await Task.WhenAll(hosts.Select(h => h.Process.KillAsync()));

        await StartHostAsync("host-3");

        foreach (var room in rooms)
            await MovedAsync(room, "host-3");
        var back = await RejoinAsync("room-0", $"since={rooms[0].Epoch}.0");
        Assert.Equal(["kept"], (await back.ReadLogAsync(1)).Select(e => e["text"]));
    }

    [Fact]
    public async Task A_memory_room_of_a_killed_host_comes_back_empty_and_its_members_are_told()
    {
        var first = await StartHostAsync();
        var room = await CreateAsync("lobby", Defaults with { Durability = Durability.Memory });
        var member = await JoinAsync(room.Port);
        await member.SayAsync("forgotten");
        await StartHostAsync("host-2");
        await first.Process.KillAsync();
        await MovedAsync(room, "host-2");

        var back = await RejoinAsync("lobby", $"user=ann&session={member.Session}&since={member.Since}");

        Assert.False(back.Welcome.Json.GetProperty("resumed").GetBoolean());
        Assert.NotEqual(room.Epoch, back.Welcome["epoch"]);
        Assert.Equal(1, (await back.SayAsync("first of a new life", id: "new")).Seq);
    }

    [Fact]
    public async Task Memory_room_moved_from_a_paused_host_writes_nothing_there()
    {
        var first = await StartHostAsync();
        var room = await CreateAsync("lobby", Defaults with { Durability = Durability.Memory });
        var member = await JoinAsync(room.Port);
        await member.SayAsync("before");
        await StartHostAsync("host-2");
        await first.Process.PauseAsync();
        await MovedAsync(room, "host-2");
        await member.SendAsync(new { type = "message", id = "late", text = "too late" });

        first.Process.Resume();

        await member.NextAsync("closing");
        Assert.Equal(1001, (await member.ClosedAsync()).Code);
        Assert.Equal(["before"], member.Log.Select(e => e["text"]));
    }
}
