using ChatServer.Backplane;
using ChatServer.Backplane.Audit;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Moderation;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

/// <summary>The functions of the Backplane on a Redis Cluster, with rooms on all of its nodes.</summary>
[Needs(OptionalProgram.RedisServer)]
public sealed class RedisClusterTests : IAsyncLifetime
{
    private const int Rooms = 12;

    private readonly RedisCluster _redis = new();
    private readonly List<IAsyncDisposable> _started = [];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _redis.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started)) await started.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Rooms_commands_orders_and_rescue_work_on_all_nodes_and_after_the_loss_of_a_master()
    {
        var (api, first, second) = (Process(), await HostAsync("host-1"), await HostAsync("host-2"));
        var names = Enumerable.Range(0, Rooms).Select(n => $"room-{n}").Order(StringComparer.Ordinal).ToList();
        var rooms = await Task.WhenAll(names.Select(name => CreateAsync(api, name)));

        await EverythingWorksAsync(api, rooms);

        var lost = await _redis.KillMasterOfAsync(RedisNames.Hosts);
        await _redis.RecoveredAsync(lost);
        await Eventually.Async(() => api.Hosts.ListAsync(Cancelled), hosts => hosts.Count == 2, TimeSpan.FromSeconds(30));
        await EverythingWorksAsync(api, await Task.WhenAll(names.Select(name => CreateAsync(api, name))));

        await second.BeLongDeadAsync();
        await Eventually.Async(
            async () =>
            {
                await first.Process.Rescue.RunAsync(Cancelled);
                return first.Open.Count;
            },
            open => open == Rooms, TimeSpan.FromSeconds(30));
        foreach (var name in names)
            Assert.True(await api.Rooms.ShutdownAsync(name, ct: Cancelled));
        await Eventually.Async(() => api.Rooms.CountAsync(Cancelled), count => count == 0);
    }

    // Each script, and each kind of notification, in each room.
    private static async Task EverythingWorksAsync(BackplaneProcess api, IReadOnlyList<RoomRecord> rooms)
    {
        Assert.Equal(rooms.Select(room => room.Name), (await api.Rooms.ListAsync(null, 100, ct: Cancelled)).Select(room => room.Name));
        foreach (var room in rooms)
        {
            // PUBLISH answers 0 if the host listens at another node.
            // A command is lost while a subscription moves to another node after the loss of one: callers repeat it.
            Assert.IsType<SaidReply>(await Eventually.Async(
                () => api.Commands.AskAsync(new MembersCommand(room.Name), Cancelled), reply => reply is not null));
            var before = (await api.Log.ReadBeforeAsync(room.Name, null, 1, Cancelled))!.Newest;
            Assert.Equal(AppendResult.Appended, await api.Log.AppendAsync(
                room.Name, room.Term, before, 1000, 2, 0, Entries.Events(before + 1, 2)));
            Assert.Equal(before + 2, (await api.Log.ReadAfterAsync(room.Name, 0, 100, Cancelled))!.Newest);
            Assert.NotNull(await api.Log.FindByUserAsync(room.Name, "ann", 0, 10, Cancelled));
            var seat = new RoomSeat("key", "ann", "ann");
            Assert.True(await api.Ownership.SaveSeatsAsync(room.Name, room.Term, new Dictionary<string, RoomSeat?> { ["key"] = seat }));
            Assert.Equal(ModerationResult.Stored, await api.Sanctions.ImposeAsync(
                room.Name, new Sanction(SanctionKind.Ban, "ben", "key:1", DateTimeOffset.UnixEpoch), null));
            Assert.NotNull(await api.Sanctions.FindBanAsync(room.Name, "ben", Cancelled));
        }
        var announcement = await api.Announcements.PostAsync("hear", null, Cancelled);
        Assert.Equal("hear", Assert.Single(await api.Announcements.ReadAfterAsync(announcement.Number - 1, Cancelled)).Text);
        var audit = api.Audit(new AuditBounds(100, TimeSpan.FromDays(1)));
        await audit.WriteAsync(new AuditEntry { Actor = "key:1", Action = "kick", Result = AuditEntry.Done });
        Assert.Equal("kick", (await audit.ReadAsync(null, 1, Cancelled)).Single().Action);
    }

    private BackplaneProcess Process() => Own(new BackplaneProcess(_redis.ConnectionString));

    private async Task<FakeHost> HostAsync(string id)
    {
        var host = Own(new FakeHost(Process(), id, 1000));
        host.Answer = command => new SaidReply(command.Id, 1, "e");
        await host.StartAsync();
        return host;
    }

    private static async Task<RoomRecord> CreateAsync(BackplaneProcess api, string name) => (await Eventually.Async(
        async () => (await api.Placement.CreateAsync(name, new RoomOptions(), Cancelled))?.Room, room => room is not null))!;

    private T Own<T>(T started) where T : IAsyncDisposable
    {
        _started.Add(started);
        return started;
    }
}
