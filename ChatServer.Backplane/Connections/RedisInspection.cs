using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace ChatServer.Backplane.Connections;

/// <summary>What a Redis server reports about itself. A value is null if the server does not report it, or the user may not read it.</summary>
/// <param name="EndPoint">Its address.</param>
/// <param name="Version">Its version.</param>
/// <param name="MaxMemory">Its memory limit in bytes; 0: none.</param>
/// <param name="MaxMemoryPolicy">What it does at the limit.</param>
/// <param name="IsAppendOnly">Whether it has an append-only file.</param>
/// <param name="ReplicaLag">For each connected replica: the bytes that it has not acknowledged.</param>
/// <param name="PubSubBufferLimit">The hard limit of the output buffer of a subscriber, in bytes; 0: none.</param>
/// <param name="ClusterSlots">In a cluster: the slots that a node serves; 16384 if it is complete.</param>
/// <param name="Clock">Its time.</param>
public sealed record RedisServerFacts(
    string EndPoint, Version Version, long? MaxMemory, string? MaxMemoryPolicy, bool? IsAppendOnly, IReadOnlyList<long> ReplicaLag,
    long? PubSubBufferLimit, int? ClusterSlots, DateTimeOffset Clock);

/// <summary>Reads the facts that decide whether a Redis server suits a deployment.</summary>
public static class RedisInspection
{
    /// <summary>Number of hash slots of a complete cluster.</summary>
    public const int AllSlots = 16_384;

    /// <summary>Reads the facts of every primary.</summary>
    /// <param name="connectionString">The value of <c>ConnectionStrings__redis</c>.</param>
    /// <exception cref="BackplaneUnavailableException">No server answers; the message has the reason.</exception>
    /// <exception cref="ChatServer.Settings.StartupException">The connection string is malformed.</exception>
    public static async Task<IReadOnlyList<RedisServerFacts>> ReadAsync(string connectionString)
    {
        RedisConfiguration.Check(connectionString);
        await using var sentinel = RedisConfiguration.Sentinel(connectionString);
        var options = RedisConfiguration.Apply(ConfigurationOptions.Parse(connectionString), sentinel);
        options.AbortOnConnectFail = true;
        options.AllowAdmin = true; // for INFO
        try
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
            var facts = new List<RedisServerFacts>();
            foreach (var server in connection.GetServers().Where(server => server is { IsConnected: true, IsReplica: false }))
                facts.Add(await ReadAsync(server));
            return facts;
        }
        catch (RedisException e)
        {
            throw new BackplaneUnavailableException(e.Message, e);
        }
    }

    private static async Task<RedisServerFacts> ReadAsync(IServer server)
    {
        var info = (await server.InfoAsync()).SelectMany(section => section).GroupBy(line => line.Key)
            .ToDictionary(line => line.Key, line => line.First().Value);
        var clock = await server.TimeAsync();
        return new RedisServerFacts(
            $"{Format(server.EndPoint)}",
            server.Version,
            Number(info, "maxmemory"),
            info.GetValueOrDefault("maxmemory_policy"),
            info.TryGetValue("aof_enabled", out var appendOnly) ? appendOnly == "1" : null,
            LagOfReplicas(info),
            await PubSubLimitAsync(server),
            info.GetValueOrDefault("cluster_enabled") == "1" ? await SlotsAsync(server) : null,
            new DateTimeOffset(clock, TimeSpan.Zero));
    }

    private static IReadOnlyList<long> LagOfReplicas(Dictionary<string, string> info)
    {
        if (Number(info, "master_repl_offset") is not { } written)
            return [];
        const string Offset = "offset=";
        return
        [
            .. from line in info
               where line.Key.StartsWith("slave", StringComparison.Ordinal) && line.Value.Contains(Offset, StringComparison.Ordinal)
               let offset = line.Value.Split(',').First(part => part.StartsWith(Offset, StringComparison.Ordinal))[Offset.Length..]
               select Math.Max(0, written - long.Parse(offset, CultureInfo.InvariantCulture)),
        ];
    }

    // "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60": class, hard limit, soft limit, seconds.
    private static async Task<long?> PubSubLimitAsync(IServer server)
    {
        try
        {
            var limits = (await server.ConfigGetAsync("client-output-buffer-limit")).FirstOrDefault().Value?.Split(' ') ?? [];
            var pubsub = Array.IndexOf(limits, "pubsub");
            return pubsub >= 0 && long.TryParse(limits.ElementAtOrDefault(pubsub + 1), out var hard) ? hard : null;
        }
        catch (RedisServerException)
        {
            return null; // CONFIG is not permitted
        }
    }

    private static async Task<int?> SlotsAsync(IServer server) =>
        (await server.ClusterNodesAsync())?.Nodes.Where(node => node is { IsReplica: false, IsFail: false })
            .Sum(node => node.Slots.Sum(range => range.To - range.From + 1));

    private static long? Number(Dictionary<string, string> info, string name) =>
        long.TryParse(info.GetValueOrDefault(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string Format(EndPoint endPoint) => endPoint is DnsEndPoint name ? $"{name.Host}:{name.Port}" : $"{endPoint}";
}
