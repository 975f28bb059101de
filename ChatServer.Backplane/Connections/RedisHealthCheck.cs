using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.Backplane.Connections;

/// <summary>
/// Checks that Redis answers a command, and that it accepts a write. Without writes the process is degraded and not unready, because it
/// still reads, and deletes rooms. Aspire's check pings every server of the connection string, so an unavailable replica would make the
/// process unready.
/// </summary>
internal sealed class RedisHealthCheck(BackplaneConnection connection) : IHealthCheck
{
    private static readonly TimeSpan ProbeLifetime = TimeSpan.FromMinutes(1);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await connection.PingAsync(cancellationToken);
        }
        catch (Exception e) when (e is BackplaneUnavailableException or OperationCanceledException)
        {
            // The registration states the severity for this process.
            return new HealthCheckResult(
                context.Registration.FailureStatus, RedisRefusals.Find(e) ?? "Redis does not answer.", e);
        }
        try
        {
            await connection.RunAsync(
                db => db.StringSetAsync(RedisNames.HealthProbe, connection.Instance, ProbeLifetime), cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is BackplaneUnavailableException or OperationCanceledException)
        {
            return HealthCheckResult.Degraded(RedisRefusals.Find(e) ?? "Redis does not answer a write.", e);
        }
    }
}
