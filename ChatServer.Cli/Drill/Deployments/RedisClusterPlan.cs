namespace ChatServer.Cli.Drill.Deployments;

/// <summary>
/// A Redis Cluster that the drill starts: three masters, each with a replica, which store each write on disk before they answer.
/// </summary>
/// <param name="program">Path of <c>redis-server</c>; <c>redis-cli</c> is beside it.</param>
/// <param name="folder">Folder of the data.</param>
/// <param name="firstPort">The first of <see cref="Ports"/> free ports.</param>
internal sealed class RedisClusterPlan(string program, string folder, int firstPort) : IRedisPlan
{
    /// <summary>Each node has a port for clients and one for the other nodes.</summary>
    public const int Ports = 2 * Nodes;

    private const int Nodes = 6;

    // As the documentation recommends: a lost master is replaced after about two seconds.
    private const int NodeTimeoutMs = 1000;

    public string ConnectionString => string.Join(',', Endpoints);

    private IEnumerable<string> Endpoints => Enumerable.Range(firstPort, Nodes).Select(port => $"127.0.0.1:{port}");

    /// <summary>The nodes: the masters first.</summary>
    public IReadOnlyList<ProcessPlan> ProcessPlans(EnvironmentOf environment, Func<int, CancellationToken, Task<bool>> pingAsync) =>
    [
        .. Enumerable.Range(0, Nodes).Select(n => new ProcessPlan(
            ServerRole.Redis,
            $"redis-{n + 1}",
            [
                program, "--port", $"{firstPort + n}", "--cluster-port", $"{firstPort + Nodes + n}", "--bind", "127.0.0.1",
                "--dir", Directory.CreateDirectory(Path.Combine(folder, $"redis-{n + 1}")).FullName, "--save", "",
                "--appendonly", "yes", "--appendfsync", "always", "--cluster-enabled", "yes",
                "--cluster-node-timeout", $"{NodeTimeoutMs}",
            ],
            environment(),
            ct => pingAsync(firstPort + n, ct))),
    ];

    public Task FormAsync(CancellationToken ct) => new RedisCli(program).RunAsync(
        ["--cluster", "create", .. Endpoints, "--cluster-replicas", "1", "--cluster-yes"], ct);
}
