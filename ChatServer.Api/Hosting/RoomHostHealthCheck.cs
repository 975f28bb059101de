using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.Api.Hosting;

/// <summary>Healthy if at least one RoomHost is alive.</summary>
internal sealed class RoomHostHealthCheck(HostDirectory hosts) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var alive = await hosts.ListAsync(cancellationToken);
            return alive.Count > 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("No RoomHost is alive.");
        }
        catch (BackplaneUnavailableException unavailable)
        {
            return HealthCheckResult.Unhealthy(unavailable.Message);
        }
    }
}
