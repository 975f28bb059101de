using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.Backplane;

/// <summary>
/// Whether Redis answers a command. Aspire's check asks every server of the connection string instead, so a replica that is down would make the
/// process unready.
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
            // Not always unhealthy: the registration gives the severity for the process.
            return new HealthCheckResult(context.Registration.FailureStatus, "Redis does not answer.", e);
        }
    }
}
