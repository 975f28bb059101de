using ChatServer.Settings;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatServer.Backplane.Connections;

/// <summary>
/// The Redis clients of a process: one key for each purpose, with the same server and options. A client connects when it is first resolved.
/// </summary>
internal static class RedisClients
{
    /// <summary>All commands except appends and subscriptions. Used by every process.</summary>
    public const string Commands = "redis-commands";

    /// <summary>Appends to room logs, which therefore never wait behind a listing. Used by RoomHosts only.</summary>
    public const string Appends = "redis-appends";

    /// <summary>Subscriptions: a channel with much traffic does not delay the answers to commands.</summary>
    public const string Subscriptions = "redis-subscriptions";

    /// <summary>The name of the readiness check in <c>/health</c>.</summary>
    private const string HealthCheck = "redis";

    /// <summary>Registers the clients, their log levels and the readiness check.</summary>
    public static void AddRedisClients(this IHostApplicationBuilder builder, string connectionString)
    {
        var isTraced = ServerSettings.OtlpEndpoint.Read(key => builder.Configuration[key]) is not null;
        var sentinel = RedisConfiguration.Sentinel(connectionString); // for the lifetime of the process
        foreach (var key in new[] { Commands, Appends, Subscriptions })
        {
            builder.AddKeyedRedisClient(
                key,
                settings =>
                {
                    settings.ConnectionString = connectionString;
                    // RedisHealthCheck is the check of the process. Aspire would add one for each client, which would open its connection.
                    settings.DisableHealthChecks = true;
                    settings.DisableTracing = !isTraced || key == Subscriptions;
                },
                options => RedisConfiguration.Apply(options, sentinel));
        }
        // Inserted first, so that every other source overrides it. The library logs each failed attempt to reconnect, several per second.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:LogLevel:StackExchange.Redis"] = "Critical",
                ["Logging:OpenTelemetry:LogLevel:StackExchange.Redis"] = "Critical",
            },
        });
        builder.Services.AddHealthChecks().AddCheck<RedisHealthCheck>(HealthCheck);
    }
}
