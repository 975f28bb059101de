using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ChatServer.Metrics;
using StackExchange.Redis;

namespace ChatServer.Backplane.Connections;

/// <summary>Reports the state of this process's connections to Redis, and counts those that are restored.</summary>
public sealed class RedisConnectionMetrics : IDisposable
{
    private readonly ConcurrentDictionary<string, IConnectionMultiplexer> _connections = new();
    private readonly IDisposable _observed;

    /// <summary>Without connections.</summary>
    public RedisConnectionMetrics()
    {
        ServerMeter.Publish(typeof(BackplaneMetrics));
        _observed = BackplaneMetrics.Connected.Observe(() => _connections.Select(connection => new Measurement<double>(
            connection.Value.IsConnected ? 1 : 0, new KeyValuePair<string, object?>("connection", connection.Key))));
    }

    /// <summary>Adds the connection of a client and returns it.</summary>
    internal IConnectionMultiplexer Add(string client, IConnectionMultiplexer connection)
    {
        _connections[client["redis-".Length..]] = connection;
        connection.ConnectionRestored += (_, restored) =>
        {
            // Each client has a second socket, for subscriptions.
            if (restored.ConnectionType == ConnectionType.Interactive)
                BackplaneMetrics.Reconnects.Add(1);
        };
        return connection;
    }

    /// <summary>Ends the reports.</summary>
    public void Dispose() => _observed.Dispose();
}
