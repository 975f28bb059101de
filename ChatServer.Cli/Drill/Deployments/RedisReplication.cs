using System.Diagnostics;
using System.Globalization;
using ChatServer.Backplane;

namespace ChatServer.Cli.Drill.Deployments;

/// <summary>A primary and a replica on this machine. A promotion exchanges their roles.</summary>
/// <param name="plan">Their ports and files.</param>
/// <param name="cli">Sends commands to them.</param>
/// <param name="sentinels">Ports of the Sentinels that promote the replica; empty: the drill promotes it.</param>
/// <param name="processes">The processes of the servers, in the order of their ports.</param>
internal sealed class RedisReplication(
    ReplicatedRedisPlan plan, RedisCli cli, IReadOnlyList<int> sentinels, IReadOnlyList<IServerProcess> processes)
{
    private const string Master = "master", Slave = "slave";

    // No server listens on this port.
    private const int NoPort = 1;

    private static readonly TimeSpan RoleTimeout = TimeSpan.FromSeconds(60), PollInterval = TimeSpan.FromMilliseconds(100);

    // The time in which an operator would find out that the primary is gone.
    private static readonly TimeSpan OperatorDelay = TimeSpan.FromSeconds(1);

    /// <summary>Number of acknowledged events that the promoted replicas lacked.</summary>
    public long Lacked { get; private set; }

    /// <summary>
    /// Disconnects the replica from the primary, kills the primary after <paramref name="lag"/>, waits until the replica is promoted, and
    /// starts the other server again <paramref name="downTime"/> later. Waits until it is a replica.
    /// </summary>
    /// <param name="rooms">Names of the rooms whose events are counted.</param>
    /// <param name="lag">How long the replica receives nothing.</param>
    /// <param name="downTime">Time from the promotion to the start of the old primary.</param>
    /// <param name="ct">Cancels it.</param>
    /// <exception cref="CliException">A server does not get its role within a minute.</exception>
    public async Task FailOverAsync(IReadOnlyCollection<string> rooms, TimeSpan lag, TimeSpan downTime, CancellationToken ct)
    {
        var (primary, replica) = await ReplicatesAsync(ct);
        var old = primary == plan.ServerPorts[0] ? processes[0] : processes[1];
        if (lag > TimeSpan.Zero)
        {
            await cli.SendAsync(replica, ct, "REPLICAOF", "127.0.0.1", $"{NoPort}");
            await Task.Delay(lag, ct);
            if (await RoleAsync(replica, ct) is not [Slave, _, var of, ..] || of != $"{NoPort}")
                throw new CliException("A Sentinel has connected the replica again before the kill: --replication-lag is too long.");
        }
        var written = await EventsAsync(primary, rooms, ct);
        await old.KillAsync(ct);
        Lacked += written - await EventsAsync(replica, rooms, ct);
        if (sentinels.Count == 0)
            await PromoteAsync(primary, replica, ct);
        await WaitAsync(async () => await RoleAsync(replica, ct) is [Master, ..], $"The replica at port {replica} was not promoted", ct);
        await Task.Delay(downTime, ct);
        await old.StartAgainAsync(ct);
        await ReplicatesAsync(ct);
    }

    // Waits until the replica is connected to the primary, and all Sentinels know both; returns their ports.
    private async Task<(int Primary, int Replica)> ReplicatesAsync(CancellationToken ct)
    {
        var found = default((int, int));
        await WaitAsync(async () =>
        {
            var roles = await Task.WhenAll(plan.ServerPorts.Select(port => RoleAsync(port, ct)));
            var primary = Array.FindIndex(roles, role => role is [Master, ..]);
            if (primary < 0 || roles[1 - primary] is not [Slave, _, var of, "connected", ..] || of != $"{plan.ServerPorts[primary]}")
                return false;
            found = (plan.ServerPorts[primary], plan.ServerPorts[1 - primary]);
            return (await Task.WhenAll(sentinels.Select(sentinel => KnowsAsync(sentinel, found.Item1, ct)))).All(knows => knows);
        }, "The replica is not connected to the primary", ct);
        return found;
    }

    // As the documentation states it: the old primary must start as a replica.
    private async Task PromoteAsync(int primary, int replica, CancellationToken ct)
    {
        await Task.Delay(OperatorDelay, ct);
        await cli.SendAsync(replica, ct, "REPLICAOF", "NO", "ONE");
        await cli.SendAsync(replica, ct, "CONFIG", "REWRITE");
        await File.AppendAllLinesAsync(plan.ConfigurationFile(primary), [$"replicaof 127.0.0.1 {replica}"], ct);
    }

    private async Task<string[]> RoleAsync(int port, CancellationToken ct) => (await cli.SendAsync(port, ct, "ROLE")).Split('\n');

    // Whether a Sentinel could promote the replica: it knows the primary, the replica runs, and the other Sentinels answer.
    private async Task<bool> KnowsAsync(int sentinel, int primary, CancellationToken ct)
    {
        var address = await cli.SendAsync(sentinel, ct, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", ReplicatedRedisPlan.ServiceName);
        var replicas = await cli.SendAsync(sentinel, ct, "SENTINEL", "REPLICAS", ReplicatedRedisPlan.ServiceName);
        var quorum = await cli.SendAsync(sentinel, ct, "SENTINEL", "CKQUORUM", ReplicatedRedisPlan.ServiceName);
        return address.Split('\n') is [_, var port] && port == $"{primary}"
            && replicas.Contains($"\nflags\n{Slave}\n", StringComparison.Ordinal)
            && quorum.StartsWith($"OK {sentinels.Count} usable", StringComparison.Ordinal);
    }

    // A replica answers reads also while it is disconnected.
    private async Task<long> EventsAsync(int port, IReadOnlyCollection<string> rooms, CancellationToken ct)
    {
        const string sum = "local n = 0 for _, key in ipairs(KEYS) do n = n + (redis.call('HGET', key, 'seq') or 0) end return n";
        return long.Parse(
            await cli.SendAsync(port, ct, ["EVAL", sum, $"{rooms.Count}", .. rooms.Select(RedisNames.Room)]), CultureInfo.InvariantCulture);
    }

    private static async Task WaitAsync(Func<Task<bool>> isTrueAsync, string otherwise, CancellationToken ct)
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            var last = "";
            try
            {
                if (await isTrueAsync())
                    return;
            }
            catch (CliException e)
            {
                last = $": {e.Message}";
            }
            if (watch.Elapsed >= RoleTimeout)
                throw new CliException($"{otherwise} after {RoleTimeout.TotalSeconds} s{last}");
            await Task.Delay(PollInterval, ct);
        }
    }
}
