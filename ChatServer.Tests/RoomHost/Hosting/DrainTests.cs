using System.Text.Json;
using ChatServer.Backplane.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>Rooms that move because their host drains or stops.</summary>
public sealed class DrainTests : HostCluster
{
    [Fact]
    public async Task A_host_that_drains_moves_its_rooms_and_members_resume_without_a_gap()
    {
        await StartHostAsync();
        var rooms = new List<RoomRecord>();
        for (var i = 0; i < 5; i++)
            rooms.Add(await CreateAsync($"room-{i}"));
        var member = await JoinAsync(rooms[0].Port, "user=ann");
        await member.SayAsync("before");
        await StartHostAsync("host-2");

        Assert.True(await Api.Drain.OrderAsync("host-1"));

        await ClosedAsync(member, 1001, "moved", reconnect: true);
        // Members are told to reconnect only when the other host has opened the room.
        var there = await Api.Rooms.FindAsync("room-0");
        Assert.Equal(("host-2", RoomState.Open, rooms[0].Epoch), (there!.HostId, there.State, there.Epoch));
        var back = await JoinAsync(there.Port, $"user=ann&session={member.Session}&since={member.Since}");
        Assert.True(back.Welcome.Json.GetProperty("resumed").GetBoolean());
        Assert.Equal(2, (await back.SayAsync("after", id: "new")).Seq);
        foreach (var room in rooms)
        {
            await MovedAsync(room, "host-2");
            await IsFreeAsync(room.Port);
        }
        Assert.Equal("draining", (await Api.Hosts.FindAsync("host-1"))?.State);
        Assert.Equal("host-2", (await CreateAsync("new")).HostId);

        Assert.True(await Api.Drain.CancelAsync("host-1"));
        await Eventually.Async(() => Api.Hosts.FindAsync("host-1"), h => h?.State == "up");
        // Within a second: the loads of the hosts are read at most once a second.
        var number = 0;
        await Eventually.Async(() => CreateAsync($"newer-{number++}"), newer => newer.HostId == "host-1");
    }

    [Fact]
    public async Task A_drained_host_without_another_keeps_its_rooms_until_there_is_one()
    {
        await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        Assert.True(await Api.Drain.OrderAsync("host-1"));
        await Eventually.Async(() => Api.Hosts.FindAsync("host-1"), h => h?.State == "draining");
        Assert.Equal(1, (await member.SayAsync("still here")).Seq);

        await StartHostAsync("host-2");

        await ClosedAsync(member, 1001, "moved", reconnect: true);
        await MovedAsync(room, "host-2");
    }

    [Fact]
    public async Task A_host_that_is_stopped_moves_its_rooms_before_it_ends()
    {
        var first = await StartHostAsync();
        var room = await CreateAsync("lobby");
        var member = await JoinAsync(room.Port);
        await member.SayAsync("before");
        await StartHostAsync("host-2");

        var stopping = first.Process.StopAsync();

        await ClosedAsync(member, 1001, "moved", reconnect: true);
        await MovedAsync(room, "host-2");
        await stopping;
        Assert.Equal(0, first.Process.ExitCode);
        Assert.Null(await Api.Hosts.FindAsync("host-1"));
        var back = await RejoinAsync("lobby", $"user=ann&session={member.Session}&since={member.Since}");
        Assert.True(back.Welcome.Json.GetProperty("resumed").GetBoolean());
    }

    [Fact]
    public async Task Messages_sent_during_repeated_moves_are_neither_lost_nor_duplicated()
    {
        await StartHostAsync();
        await StartHostAsync("host-2");
        var room = await CreateAsync("lobby");
        var acknowledged = new List<string>();
        using var stop = new CancellationTokenSource();
        var talking = TalkAsync(acknowledged, stop.Token);

        for (var move = 0; move < 6; move++)
        {
            var before = acknowledged.Count;
            var now = await Api.Rooms.FindAsync("lobby");
            var (from, to) = now!.HostId == "host-1" ? ("host-1", "host-2") : ("host-2", "host-1");
            Assert.True(await Api.Drain.OrderAsync(from));
            await MovedAsync(now, to);
            Assert.True(await Api.Drain.CancelAsync(from));
            await Eventually.Async(() => Volatile.Read(ref acknowledged).Count, count => count > before + 5);
        }
        await stop.CancelAsync();
        await talking;

        var log = await Api.Log.ReadAfterAsync("lobby", 0, 1000);
        var texts = log!.Events
            .Select(e => JsonDocument.Parse(e.Entry.Event).RootElement.GetProperty("text").GetString()!).ToList();
        Assert.Equal(texts.Distinct(), texts);
        Assert.Equal(acknowledged, texts.Take(acknowledged.Count));
        Assert.Equal(room.Epoch, log.Epoch);
    }

    // Sends one message after the other. A message that is not acknowledged is sent again under its id, after a reconnect if the member was
    // closed.
    private async Task TalkAsync(List<string> acknowledged, CancellationToken ct)
    {
        var query = "user=ann&session=0123456789abcdef";
        var member = await RejoinAsync("lobby", query);
        for (var i = 0; !ct.IsCancellationRequested && i < 900; i++)
        {
            for (var isAcknowledged = false; !isAcknowledged;)
            {
                await member.SendAsync(new { type = "message", id = $"m{i}", text = $"text {i}" });
                var echo = member.NextAsync(e => e.Has("id") && e["id"] == $"m{i}" && e.Type == "message", "echo");
                isAcknowledged = await Task.WhenAny(echo, member.ClosedAsync()) is Task<RoomEvent> { IsCompletedSuccessfully: true };
                if (!isAcknowledged)
                    member = await RejoinAsync("lobby", query);
            }
            acknowledged.Add($"text {i}");
        }
    }
}
