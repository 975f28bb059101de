using ChatServer.Backplane.Connections;
using ChatServer.Settings;

namespace ChatServer.Cli.Doctor.Checks;

/// <summary>The configuration of Redis: version, eviction, persistence, replication, buffers, slots, clock.</summary>
internal sealed class RedisCheck : ICheck
{
    private const int MinVersion = 7;
    private const long MaxReplicaLag = 1 << 20;

    // A host that could not read for some seconds has this much to read: notifications are short, and commands have up to 24 KB.
    private const long MinPubSubBuffer = 8 << 20;

    private static readonly TimeSpan MaxClockSkew = TimeSpan.FromSeconds(2);

    public string Name => "redis";

    public string? Missing(DoctorTarget target) => target.Redis is null ? "--redis" : null;

    public async Task<IReadOnlyList<Finding>> RunAsync(DoctorTarget target, CancellationToken ct)
    {
        try
        {
            var findings = new List<Finding>();
            foreach (var server in await RedisInspection.ReadAsync(target.Redis!))
                findings.AddRange(Check(server));
            return findings;
        }
        catch (BackplaneUnavailableException e)
        {
            return
            [
                new Finding(
                    "redis-connection", Severity.Error, $"Redis cannot be reached: {e.Message}", "Without Redis no message is accepted.",
                    "Start Redis, or correct ConnectionStrings__redis"),
            ];
        }
        catch (StartupException e)
        {
            throw new CliException(e.Message);
        }
    }

    internal static IEnumerable<Finding> Check(RedisServerFacts server)
    {
        if (server.Version.Major < MinVersion)
        {
            yield return new Finding(
                "redis-version", Severity.Error, $"{server.EndPoint} has version {server.Version}.",
                $"ChatServer is tested with Redis {MinVersion} and later; older versions lack commands that it uses.",
                $"Update Redis to {MinVersion} or later");
        }
        if (server.MaxMemoryPolicy is { } policy and not "noeviction")
        {
            yield return new Finding(
                "redis-eviction", Severity.Error, $"maxmemory-policy of {server.EndPoint} is {policy}.",
                "At the memory limit Redis deletes keys: rooms and their histories.",
                "redis-cli CONFIG SET maxmemory-policy noeviction, and in redis.conf");
        }
        if (server.IsAppendOnly == false)
        {
            yield return new Finding(
                "redis-persistence", Severity.Warning, $"{server.EndPoint} has no append-only file.",
                "When Redis restarts, it lacks the messages since its last snapshot, or all.",
                "redis-cli CONFIG SET appendonly yes, and in redis.conf");
        }
        if (server.ReplicaLag.Any(lag => lag > MaxReplicaLag))
        {
            yield return new Finding(
                "redis-replica-lag", Severity.Warning, $"A replica of {server.EndPoint} lags by {server.ReplicaLag.Max():N0} bytes.",
                "A replica that is promoted lacks what it has not received.",
                "Check the network and the disk of the replica; min-replicas-to-write 1 bounds the loss");
        }
        if (server.PubSubBufferLimit is > 0 and < MinPubSubBuffer)
        {
            yield return new Finding(
                "redis-pubsub-buffer", Severity.Warning,
                $"The output buffer of a subscriber of {server.EndPoint} is limited to {server.PubSubBufferLimit:N0} bytes.",
                "Redis disconnects a host that reads slower for a moment, and the host misses commands.",
                "redis-cli CONFIG SET client-output-buffer-limit \"pubsub 33554432 8388608 60\"");
        }
        if (server.ClusterSlots is { } slots && slots < RedisInspection.AllSlots)
        {
            yield return new Finding(
                "redis-cluster-slots", Severity.Error,
                $"The cluster of {server.EndPoint} serves {slots} of {RedisInspection.AllSlots} slots.",
                "Rooms in the other slots are unavailable.",
                $"redis-cli --cluster fix {server.EndPoint}");
        }
        if ((server.Clock - DateTimeOffset.UtcNow).Duration() is var skew && skew > MaxClockSkew)
        {
            yield return new Finding(
                "redis-clock", Severity.Warning, $"The clock of {server.EndPoint} differs by {skew.TotalSeconds:N1} s from this machine's.",
                "Times of messages and the ends of bans are wrong.", "Run a time service (chrony, systemd-timesyncd) on both machines");
        }
    }
}
