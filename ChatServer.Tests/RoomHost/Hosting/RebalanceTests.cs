using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>Rooms that move to a host with fewer rooms.</summary>
public sealed class RebalanceTests : HostCluster
{
    [Fact]
    public async Task Half_of_the_rooms_move_to_a_new_host_and_those_with_members_stay()
    {
        await StartHostAsync();
        var rooms = new List<RoomRecord>();
        for (var i = 0; i < 7; i++)
            rooms.Add(await CreateAsync($"room-{i}"));
        var member = await JoinAsync(rooms[0].Port, "user=ann");
        await member.SayAsync("before");
        var inMemory = await CreateAsync("in-memory", Defaults with { Durability = Durability.Memory });
        await StartHostAsync("host-2");

        Assert.Equal(4, await Api.Rebalance.OrderAsync(RebalancePace.Fast));

        await Eventually.Async(() => HostsAsync(rooms), hosts => hosts.Count(host => host == "host-2") == 4);
        Assert.Equal("host-1", (await Api.Rooms.FindAsync("room-0"))!.HostId);
        Assert.Equal("host-1", (await Api.Rooms.FindAsync(inMemory.Name))!.HostId);
        Assert.Equal(2, (await member.SayAsync("after")).Seq); // on the same connection
        Assert.Equal(0, await Api.Rebalance.OrderAsync(RebalancePace.Fast));
    }

    [Fact]
    public async Task A_room_with_members_moves_without_a_gap_and_a_host_that_joins_gets_rooms_by_itself()
    {
        await StartHostAsync(settings: ("REBALANCE", "fast"));
        var rooms = new List<RoomRecord>();
        var members = new List<RoomClient>();
        for (var i = 0; i < 12; i++)
        {
            rooms.Add(await CreateAsync($"room-{i}"));
            members.Add(await JoinAsync(rooms[i].Port, $"user=user-{i}"));
            await members[i].SayAsync("before");
        }

        await StartHostAsync("host-2");

        await Eventually.Async(() => HostsAsync(rooms), hosts => hosts.Count(host => host == "host-2") == 6, 2 * Eventually.Timeout);
        for (var i = 0; i < rooms.Count; i++)
        {
            if ((await Api.Rooms.FindAsync(rooms[i].Name))!.HostId == "host-1")
                continue;
            await ClosedAsync(members[i], 1001, "moved", reconnect: true);
            var back = await RejoinAsync(rooms[i].Name, $"session={members[i].Session}&since={members[i].Since}");
            Assert.True(back.Welcome.Json.GetProperty("resumed").GetBoolean());
            Assert.Equal(2, (await back.SayAsync("after", id: "new")).Seq);
        }
    }

    private async Task<IReadOnlyList<string>> HostsAsync(IEnumerable<RoomRecord> rooms)
    {
        var found = await Task.WhenAll(rooms.Select(room => Api.Rooms.FindAsync(room.Name)));
        return [.. found.Where(room => room!.State == RoomState.Open).Select(room => room!.HostId)];
    }
}
