using System.Globalization;

namespace ChatServer.Tests.Support;

/// <summary>A Sentinel of a primary and its replica. It decides alone, and detects the loss of the primary after two seconds.</summary>
/// <param name="primary">The primary at the start. It runs before the Sentinel.</param>
public sealed class RedisSentinel(RedisServer primary) : RedisServer
{
    private const string Service = "chat";

    // With less, a Sentinel on a busy machine suspects servers that run, and exchanges their roles several times.
    private const int DownAfterMs = 2000;

    // Sentinel writes its state into its configuration file.
    private readonly string _folder = Directory.CreateTempSubdirectory("redis-sentinel-").FullName;

    /// <summary>The connection string of a service.</summary>
    public string ServiceConnectionString => $"{ConnectionString},serviceName={Service}";

    /// <summary>Waits until it knows the replica, and could promote it.</summary>
    public async Task KnowsReplicaAsync()
    {
        // It promotes no replica whose state it read more than five seconds ago, and by default it reads the state every ten seconds.
        await ExecuteAsync("SENTINEL DEBUG info-period 1000");
        await Eventually.Async(
            () => ExecuteAsync($"SENTINEL REPLICAS {Service}"),
            answer => answer.Contains("master-link-status\r\n$2\r\nok", StringComparison.Ordinal));
    }

    /// <summary>Waits until it names <paramref name="server"/> as the primary.</summary>
    public Task NamesAsync(RedisServer server) => Eventually.Async(
        () => ExecuteAsync($"SENTINEL GET-MASTER-ADDR-BY-NAME {Service}"),
        answer => answer.EndsWith($"\n{server.Port}", StringComparison.Ordinal),
        TimeSpan.FromSeconds(30));

    /// <summary>Promotes the replica while the primary runs. On a busy machine its state may be too old for a moment.</summary>
    public Task FailOverAsync() => Eventually.Async(() => ExecuteAsync($"SENTINEL FAILOVER {Service}"), answer => answer == "+OK");

    protected override bool HasReportedReady(ServerProcess process) => process.Output.Contains("Sentinel ID is", StringComparison.Ordinal);

    protected override ServerProcess Launch()
    {
        var file = Path.Combine(_folder, "sentinel.conf");
        if (!File.Exists(file))
        {
            File.WriteAllLines(file,
            [
                string.Create(CultureInfo.InvariantCulture, $"port {Port}"), "bind 127.0.0.1", $"dir \"{_folder}\"",
                $"sentinel monitor {Service} 127.0.0.1 {primary.Port} 1", $"sentinel down-after-milliseconds {Service} {DownAfterMs}",
                $"sentinel failover-timeout {Service} 2000",
            ]);
        }
        return ServerProcess.Start(OptionalProgram.Require(OptionalProgram.RedisServer), [file, "--sentinel"]);
    }
}
