#if !ASPIRE
using ChatServer.Backplane;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace Microsoft.Extensions.Hosting;

/// <summary>
/// <c>AddRedisClient</c> as Aspire.StackExchange.Redis has it, for feeds without that package: the connection and its health
/// check.
/// </summary>
public static class RedisClientExtensions
{
    /// <summary>Registers an <see cref="IConnectionMultiplexer"/> for the connection string <paramref name="connectionName"/>.</summary>
    /// <exception cref="InvalidOperationException">There is no such connection string.</exception>
    public static void AddRedisClient(
        this IHostApplicationBuilder builder, string connectionName, Action<ConfigurationOptions>? configureOptions = null)
    {
        builder.Services.AddSingleton<IConnectionMultiplexer>(services =>
        {
            var connectionString = services.GetRequiredService<IConfiguration>().GetConnectionString(connectionName);
            if (string.IsNullOrWhiteSpace(connectionString))
                throw new InvalidOperationException($"ConnectionStrings__{connectionName} is not set.");
            var options = ConfigurationOptions.Parse(connectionString);
            configureOptions?.Invoke(options);
            return ConnectionMultiplexer.Connect(options);
        });
        builder.Services.AddHealthChecks().AddCheck<RedisHealthCheck>(connectionName);
    }

    private sealed class RedisHealthCheck(IConnectionMultiplexer redis) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await redis.GetDatabase().PingAsync().WaitAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Exception e) when (BackplaneConnection.IsUnavailable(e))
            {
                // Not simply unhealthy: the registration says how bad this is for the process.
                return new HealthCheckResult(context.Registration.FailureStatus, "Redis does not answer.", e);
            }
        }
    }
}
#endif
