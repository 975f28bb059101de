using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.RoomHost.Hosting;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Interop;

/// <summary>Services of an earlier version run beside those of this one, as in a rolling update and in its rollback.</summary>
[Needs(OptionalProgram.Git)]
public sealed class EarlierVersionTests(EarlierVersion earlier) : HostCluster, IClassFixture<EarlierVersion>
{
    private const string Session = "session-of-ann-1";

    [Fact]
    public async Task Room_moves_between_hosts_of_both_versions_without_a_loss()
    {
        var old = await StartHostAsync(await earlier.BuildAsync("ChatServer.RoomHost"), "host-old");
        var room = await CreateAsync("lobby", new RoomOptions { Title = "The lobby" });
        var ann = await JoinAsync(await StartBalancerAsync("ChatServer.LoadBalancer"));
        Assert.Equal(1, (await ann.SayAsync("one", "1")).Seq);
        await Api.OptionsWriter.ChangeAsync("lobby", options => options with { MaxMembers = 7 });

        // Forward: this version takes over from the earlier one, and the member keeps its connection.
        await StartHostAsync("ChatServer.RoomHost", "host-new");
        await old.Process.KillAsync();
        var moved = (await MovedAsync(room, "host-new"))!;
        Assert.Equal(2, (await ann.SayAsync("two", "2")).Seq);
        Assert.Equal(1, (await ann.SayAsync("one", "1")).Seq); // recognized, although the earlier version logged it

        // Back: a host of the earlier version takes over from this one.
        await StartHostAsync(await earlier.BuildAsync("ChatServer.RoomHost"), "host-old");
        await Api.Drain.OrderAsync("host-new");
        moved = (await MovedAsync(moved, "host-old"))!;
        Assert.Equal(3, (await ann.SayAsync("three", "3")).Seq);
        var said = await Api.Commands.AskAsync(new SayCommand("lobby", "backend", "four", "4"), Cancelled);
        Assert.Equal(4, Assert.IsType<SaidReply>(said).Seq);

        Assert.Equal((room.Epoch, "The lobby", 7), (moved.Epoch, moved.Options.Title, moved.Options.MaxMembers));
        Assert.Equal(["one", "two", "three", "four"], (await Eventually.Async(() => ann.Log.DistinctBy(e => e.Seq).ToList(), log => log.Count == 4)).Select(e => e["text"]));
        Assert.False(ann.HasEnded);
        Assert.Equal(4, (await Api.Log.ReadAfterAsync("lobby", 0, 10))?.Newest);
    }

    [Fact]
    public async Task Load_balancer_of_the_earlier_version_serves_members_of_new_hosts()
    {
        var host = await StartHostAsync("ChatServer.RoomHost", "host-1");
        var room = await CreateAsync("lobby");
        var ann = await JoinAsync(await StartBalancerAsync(await earlier.BuildAsync("ChatServer.LoadBalancer")));
        Assert.Equal(1, (await ann.SayAsync("one", "1")).Seq);

        await StartHostAsync("ChatServer.RoomHost", "host-2");
        await host.Process.KillAsync();
        await MovedAsync(room, "host-2");

        Assert.Equal(2, (await ann.SayAsync("two", "2")).Seq);
        Assert.Equal(1, (await ann.SayAsync("one", "1")).Seq);
        Assert.False(ann.HasEnded);
    }

    private async Task<ServiceProcess> StartHostAsync(string program, string id)
    {
        var host = Own(await ServiceProcess.StartAsync(program, "PORT", Settings(id)));
        await Eventually.Async(() => IsReadyAsync(host), ready => ready);
        return host;
    }

    private async Task<Uri> StartBalancerAsync(string program)
    {
        var balancer = Own(await ServiceProcess.StartAsync(
            program, "PORT", ("ConnectionStrings__redis", ConnectionString), ("LOADBALANCER_KEY", "a-key")));
        return new Uri($"ws://127.0.0.1:{balancer.Http.BaseAddress!.Port}/rooms/lobby?user=ann&session={Session}");
    }

    private async Task<RoomClient> JoinAsync(Uri address) => Own(await RoomClient.JoinAsync(address));
}
