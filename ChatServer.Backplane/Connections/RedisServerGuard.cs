using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace ChatServer.Backplane.Connections;

/// <summary>
/// Refuses the connection to a primary that lacks the data while another server of the connection string has it: an old primary that
/// returned empty. The library would use both, and then the first of the connection string.
/// </summary>
/// <remarks>
/// Data is known by its <see cref="RedisNames.Generation"/>. An old primary that returns with its data has the same generation, so it must be
/// started as a replica (docs/redis.md).
/// </remarks>
/// <param name="options">The options of the connections, without this guard.</param>
/// <param name="time">The clock.</param>
internal sealed class RedisServerGuard(ConfigurationOptions options, TimeProvider time) : Tunnel
{
    /// <summary>How long the server with the data must be away before a server without it is used: then the data is taken for lost.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private string? _generation; // of the server in use
    private long _seenAt;

    /// <summary>Called for each new connection, before the library uses it. An exception closes it; the library tries again.</summary>
    /// <exception cref="IOException">The server lacks the data.</exception>
    public override async ValueTask<Stream?> BeforeAuthenticateAsync(
        EndPoint endpoint, ConnectionType connectionType, Socket? socket, CancellationToken cancellationToken)
    {
        if (await ProbeAsync(endpoint) is not { } server || !server.IsPrimary || Accepts(server))
            return null;
        var others = await Task.WhenAll(options.EndPoints.Where(other => !other.Equals(endpoint)).Select(ProbeAsync));
        if (!IsElsewhere(server, others))
            return null;
        throw new IOException($"{EndPointCollection.ToString(endpoint)} is a primary without the data of this deployment.");
    }

    // The data that is in use, or the first data that this process finds.
    private bool Accepts(Server server)
    {
        lock (_gate)
        {
            if (server.Generation is null || (_generation ?? server.Generation) != server.Generation)
                return false;
            (_generation, _seenAt) = (server.Generation, time.GetTimestamp());
            return true;
        }
    }

    // Whether another server has the data, or had it a moment ago. If not, the data is lost, and this server is used.
    private bool IsElsewhere(Server server, Server?[] others)
    {
        lock (_gate)
        {
            if (others.Any(other => other is { IsPrimary: true, Generation: { } generation } && generation == (_generation ?? generation)))
            {
                _seenAt = time.GetTimestamp();
                return true;
            }
            if (_generation is not null && time.GetElapsedTime(_seenAt) < Grace)
                return true;
            _generation = server.Generation;
            return false;
        }
    }

    // Null if the server does not answer.
    private async Task<Server?> ProbeAsync(EndPoint endpoint)
    {
        var single = options.Clone();
        single.EndPoints.Clear();
        single.EndPoints.Add(endpoint);
        single.AbortOnConnectFail = true;
        single.ConnectRetry = 1;
        single.ConnectTimeout = 1000;
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(single);
            var server = redis.GetServer(endpoint);
            // The nodes of a cluster are all in use.
            if (server.IsReplica || server.ServerType != ServerType.Standalone)
                return new Server(IsPrimary: false, null);
            return new Server(IsPrimary: true, await redis.GetDatabase().StringGetAsync(RedisNames.Generation));
        }
        catch (Exception e) when (BackplaneConnection.IsUnavailable(e))
        {
            return null;
        }
    }

    private sealed record Server(bool IsPrimary, string? Generation);
}
