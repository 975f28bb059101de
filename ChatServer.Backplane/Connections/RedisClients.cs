using ChatServer.Settings;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatServer.Backplane;

/// <summary>The Redis clients of a process: one key per purpose, the same server and options for all. Each connects when it is first resolved.</summary>
internal static class RedisClients
{
    /// <summary>Everything but appends and subscriptions. Every process uses it.</summary>
    public const string Commands = "redis-commands";

    /// <summary>Appends to room logs, so that an append never waits behind a listing. Only RoomHosts use it.</summary>
    public const string Appends = "redis-appends";

    /// <summary>Subscriptions, so that a channel with much traffic delays no answer.</summary>
    public const string Subscriptions = "redis-subscriptions";

    /// <summary>Name of the readiness check in <c>/health</c>.</summary>
    private const string HealthCheck = "redis";

    public static void AddRedisClients(this IHostApplicationBuilder builder, string connectionString)
    {
        var isTraced = ServerSettings.OtlpEndpoint.Read(key => builder.Configuration[key]) is not null;
        foreach (var key in new[] { Commands, Appends, Subscriptions })
        {
            builder.AddKeyedRedisClient(
                key,
                settings =>
                {
                    settings.ConnectionString = connectionString;
                    // One check for the process, see RedisHealthCheck: Aspire's would be three, and each opens its connection.
                    settings.DisableHealthChecks = true;
                    settings.DisableTracing = !isTraced || key == Subscriptions;
                },
                options => RedisConfiguration.Apply(options));
        }
        // A default, below every other source: the library logs each failed attempt to reconnect, several per second while Redis is away.
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
