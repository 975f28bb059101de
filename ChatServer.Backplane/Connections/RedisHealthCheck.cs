using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.Backplane.Connections;

/// <summary>
/// Checks that Redis answers a command. Aspire's check pings every server of the connection string, so an unavailable replica would make
/// the process unready.
/// </summary>
internal sealed class RedisHealthCheck(BackplaneConnection connection) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await connection.PingAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is BackplaneUnavailableException or OperationCanceledException)
        {
            // The registration states the severity for this process.
            return new HealthCheckResult(context.Registration.FailureStatus, "Redis does not answer.", e);
        }
    }
}
