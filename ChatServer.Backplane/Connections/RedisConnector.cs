using StackExchange.Redis;

namespace ChatServer.Backplane.Connections;

/// <summary>
/// Returns the connection to Redis for one purpose. May block for two seconds while Redis is unavailable. The default resolves the client
/// that Aspire registered; a test or a simulation registers another connector.
/// </summary>
/// <param name="client">A key of <see cref="RedisClients"/>.</param>
public delegate IConnectionMultiplexer RedisConnector(string client);
