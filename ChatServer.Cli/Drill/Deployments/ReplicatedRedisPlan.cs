namespace ChatServer.Cli.Drill.Deployments;

/// <summary>A primary and a replica that the drill starts, with or without three Sentinels that promote the replica.</summary>
/// <param name="program">Path of <c>redis-server</c>.</param>
/// <param name="folder">Folder of the data and of the configuration files, which Sentinel changes.</param>
/// <param name="firstPort">The first of <see cref="Ports"/> free ports.</param>
/// <param name="hasSentinels">Whether Sentinels run. Otherwise the drill promotes the replica, as an operator would.</param>
internal sealed class ReplicatedRedisPlan(string program, string folder, int firstPort, bool hasSentinels) : IRedisPlan
{
    public const int Ports = Servers + Sentinels;

    /// <summary>The name under which the Sentinels know the servers.</summary>
    public const string ServiceName = "chat";

    /// <summary>
    /// The time for which a replica may be disconnected. After its failover-timeout a Sentinel connects a replica again that has another
    /// primary, and it promotes no replica that was disconnected for more than ten times <see cref="DownAfterMs"/>.
    /// </summary>
    public static readonly TimeSpan MaxLag = TimeSpan.FromSeconds(4);

    private const int Servers = 2, Sentinels = 3, Quorum = 2;

    // As the documentation recommends.
    private const int DownAfterMs = 1000, FailoverTimeoutMs = 5000;

    // By default a Sentinel reads the role of a server every ten seconds, and tells an old primary to be a replica up to 20 s after its
    // return. With this interval it does that after nine seconds, so a drill takes half of the time.
    private const int InfoPeriodMs = 1000;

    private readonly RedisCli _cli = new(program);

    public string ConnectionString =>
        string.Join(',', (hasSentinels ? SentinelPorts : ServerPorts).Select(port => $"127.0.0.1:{port}"))
            + (hasSentinels ? $",serviceName={ServiceName}" : "");

    /// <summary>The ports of the servers: the first primary first.</summary>
    public IReadOnlyList<int> ServerPorts => [.. Enumerable.Range(firstPort, Servers)];

    private IReadOnlyList<int> SentinelPorts => hasSentinels ? [.. Enumerable.Range(firstPort + Servers, Sentinels)] : [];

    public IReadOnlyList<ProcessPlan> ProcessPlans(EnvironmentOf environment, Func<int, CancellationToken, Task<bool>> pingAsync)
    {
        return
        [
            .. ServerPorts.Select((port, n) => Plan(
                ServerRole.Redis, $"redis-{n + 1}", port, [],
                [
                    "save \"\"", "appendonly yes", "appendfsync always", "repl-diskless-sync-delay 0",
                    .. n == 0 ? Array.Empty<string>() : [$"replicaof 127.0.0.1 {firstPort}"],
                ])),
            .. SentinelPorts.Select((port, n) => Plan(
                ServerRole.Sentinel, $"sentinel-{n + 1}", port, ["--sentinel"],
                [
                    $"sentinel monitor {ServiceName} 127.0.0.1 {firstPort} {Quorum}",
                    $"sentinel down-after-milliseconds {ServiceName} {DownAfterMs}",
                    $"sentinel failover-timeout {ServiceName} {FailoverTimeoutMs}",
                ])),
        ];

        ProcessPlan Plan(ServerRole role, string name, int port, string[] arguments, string[] configuration)
        {
            var data = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            File.WriteAllLines(ConfigurationFile(port), [$"port {port}", "bind 127.0.0.1", $"dir \"{data}\"", .. configuration]);
            return new(role, name, [program, ConfigurationFile(port), .. arguments], environment(), ct => pingAsync(port, ct));
        }
    }

    /// <summary>The file that has the configuration of the server at a port.</summary>
    public string ConfigurationFile(int port) => Path.Combine(folder, $"redis-{port}.conf");

    public async Task FormAsync(CancellationToken ct)
    {
        foreach (var port in SentinelPorts)
            await _cli.SendAsync(port, ct, "SENTINEL", "DEBUG", "info-period", $"{InfoPeriodMs}");
    }

    /// <summary>The servers, which run as <paramref name="processes"/>, in the order of <see cref="ServerPorts"/>.</summary>
    public RedisReplication Replication(IReadOnlyList<IServerProcess> processes) => new(this, _cli, SentinelPorts, processes);
}
