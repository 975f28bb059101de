using StackExchange.Redis;

namespace ChatServer.Tests.Support;

/// <summary>
/// A Redis Cluster of <c>redis-server</c> processes: three masters, each with a replica that takes its place half a second after its loss
/// is detected. Skips the test that starts it if the machine has no <c>redis-server</c>.
/// </summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Masters = 3, Slots = 16_384;

    private readonly string _folder = Directory.CreateTempSubdirectory("redis-cluster-").FullName;
    private readonly InstalledRedis[] _nodes;

    public RedisCluster() => _nodes =
    [
        .. Enumerable.Range(0, 2 * Masters).Select(n => new InstalledRedis
        {
            ClusterFolder = Path.Combine(_folder, $"{n}"),
            BusPort = FreePort.Next(),
        }),
    ];

    /// <summary>Names every node.</summary>
    public string ConnectionString => string.Join(',', _nodes.Select(node => node.ConnectionString));

    /// <summary>Starts all nodes and waits until each of them reports that the cluster works.</summary>
    public async Task StartAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.StartAsync()));
        for (var n = 0; n < _nodes.Length; n++)
        {
            // A distinct epoch each, so that the nodes need not resolve a conflict first.
            await _nodes[n].ExecuteAsync($"CLUSTER SET-CONFIG-EPOCH {n + 1}");
            if (n < Masters)
                await _nodes[n].ExecuteAsync($"CLUSTER ADDSLOTSRANGE {Slots * n / Masters} {Slots * (n + 1) / Masters - 1}");
            await _nodes[0].ExecuteAsync($"CLUSTER MEET 127.0.0.1 {_nodes[n].Port} {_nodes[n].BusPort}");
        }
        for (var n = Masters; n < _nodes.Length; n++)
        {
            var master = (await _nodes[n - Masters].ExecuteAsync("CLUSTER MYID")).Split('\n')[1].Trim();
            // Refused until the node knows the master.
            await Eventually.Async(() => _nodes[n].ExecuteAsync($"CLUSTER REPLICATE {master}"), answer => answer == "+OK");
        }
        await Task.WhenAll(_nodes.Select(WorksAsync));
    }

    /// <summary>Kills the master that has the slot of <paramref name="key"/>, and returns its node.</summary>
    public async Task<RedisServer> KillMasterOfAsync(RedisKey key)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(ConnectionString);
        var port = ((System.Net.IPEndPoint)(await connection.GetDatabase().IdentifyEndpointAsync(key, CommandFlags.DemandMaster))!).Port;
        var master = _nodes.Single(node => node.Port == port);
        await master.KillAsync();
        return master;
    }

    /// <summary>Waits until the nodes that run have replaced a lost master.</summary>
    public Task RecoveredAsync(RedisServer lost) => Task.WhenAll(_nodes.Where(node => node != lost).Select(WorksAsync));

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.DisposeAsync().AsTask()));
        Directory.Delete(_folder, recursive: true);
    }

    // Every slot has a master that answers, and the node knows every other one.
    private Task WorksAsync(InstalledRedis node) => Eventually.Async(
        () => node.ExecuteAsync("CLUSTER INFO"),
        info => info.Contains("cluster_state:ok", StringComparison.Ordinal)
            && info.Contains($"cluster_slots_ok:{Slots}", StringComparison.Ordinal)
            && info.Contains($"cluster_known_nodes:{_nodes.Length}", StringComparison.Ordinal),
        TimeSpan.FromSeconds(30));
}
