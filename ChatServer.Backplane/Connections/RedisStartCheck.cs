using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatServer.Backplane.Connections;

/// <summary>
/// Calls Redis once when the process has started, so that a wrong password is logged then and not with the first request.
/// </summary>
internal sealed class RedisStartCheck(IServiceProvider services) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Resolved here: opening the connection blocks for two seconds while Redis is unavailable.
            await services.GetRequiredService<BackplaneConnection>().PingAsync(stoppingToken);
        }
        catch (Exception e) when (e is BackplaneUnavailableException or OperationCanceledException)
        {
            // Logged by the connection. The process waits for Redis.
        }
    }
}
