using System.Globalization;
using ChatServer.Backplane.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

/// <summary>A primary and its replica, both in the connection string.</summary>
[Needs(OptionalProgram.RedisServer)]
public sealed class RedisServerGuardTests : IAsyncLifetime
{
    private readonly InstalledRedis _first = new();
    private readonly InstalledRedis _second;
    private readonly List<BackplaneProcess> _processes = [];
    private FakeHost? _host;

    public RedisServerGuardTests() => _second = new InstalledRedis { Primary = _first };

    private string ConnectionString => $"{_first.ConnectionString},{_second.ConnectionString}";

    [Fact]
    public async Task Old_primary_that_returns_without_its_data_is_not_used()
    {
        var room = await StartAsync();
        var generation = await _processes[0].Ownership.GenerationAsync();

        await FailOverAsync(_first, _second);
        await _first.StartAsync(); // as an empty primary; it is the first in the connection string
        _processes.Add(new BackplaneProcess(ConnectionString));
        await KeepsAsync(room, generation, _first);

        Assert.Equal(":0", await _first.ExecuteAsync("DBSIZE"));

        // As a replica, it is used.
        await _first.ExecuteAsync($"REPLICAOF 127.0.0.1 {_second.Port}");
        await ReplicatesAsync(_first);
        await FailOverAsync(_second, _first);
        await KeepsAsync(room, generation, _first);
    }

    [Fact]
    public async Task Server_without_data_is_used_when_the_data_is_lost()
    {
        var room = await StartAsync();
        await _second.KillAsync();
        await _first.KillAsync();

        await _first.StartAsync();

        var process = new BackplaneProcess(ConnectionString);
        _processes.Add(process);
        Assert.Null(await process.Rooms.FindAsync(room.Name));
        Assert.Null(await Eventually.Async(() => _processes[0].Rooms.FindAsync(room.Name), found => found is null));
    }

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_host is not null) await _host.DisposeAsync();
        foreach (var process in _processes) await process.DisposeAsync();
        await _second.DisposeAsync();
        await _first.DisposeAsync();
    }

    private async Task<RoomRecord> StartAsync()
    {
        await _first.StartAsync();
        await _second.StartAsync();
        await ReplicatesAsync(_second);
        for (var i = 0; i < 2; i++) _processes.Add(new BackplaneProcess(ConnectionString));
        _host = new FakeHost(_processes[0], "host-1", 10);
        await _host.StartAsync();
        var room = (await _processes[1].Placement.CreateAsync("lobby", new(), TestContext.Current.CancellationToken))!.Value.Room;
        await Eventually.Async(
            async () => (await _first.ExecuteAsync("DBSIZE"), await _second.ExecuteAsync("DBSIZE")), sizes => sizes.Item1 == sizes.Item2);
        return room;
    }

    private static Task ReplicatesAsync(InstalledRedis replica) => Eventually.Async(
        () => replica.ExecuteAsync("INFO replication"), info => info.Contains("master_link_status:up", StringComparison.Ordinal));

    // Kills the primary, promotes the replica, and waits until every process uses it.
    private async Task FailOverAsync(InstalledRedis primary, InstalledRedis replica)
    {
        await primary.KillAsync();
        await replica.PromoteAsync();
        foreach (var process in _processes)
            await Eventually.Async(() => process.Hosts.ListAsync(), hosts => hosts.Count == 1);
    }

    // Every process reads the room from the server that has it, while the library tries several times to connect to the other one.
    private async Task KeepsAsync(RoomRecord room, string generation, InstalledRedis empty)
    {
        const int Connections = 50;
        var epochs = new HashSet<string?>();
        await Eventually.Async(
            async () =>
            {
                epochs.UnionWith(
                    (await Task.WhenAll(_processes.Select(process => process.Rooms.FindAsync("lobby")))).Select(found => found?.Epoch));
                return await empty.ExecuteAsync("INFO stats");
            },
            stats => int.Parse(stats.Split("total_connections_received:")[1].Split('\r')[0], CultureInfo.InvariantCulture) > Connections);
        Assert.Equal([room.Epoch], epochs);
        Assert.All(await Task.WhenAll(_processes.Select(process => process.Ownership.GenerationAsync())), found => Assert.Equal(generation, found));
        Assert.Single(await _processes[1].Hosts.ListAsync());
    }
}
