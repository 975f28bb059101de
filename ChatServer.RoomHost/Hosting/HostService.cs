using System.Runtime.ExceptionServices;
using ChatServer.Settings;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// The life of this host: acquires the lease, runs the host's loops side by side until the process stops, and stops in order.
/// </summary>
internal sealed partial class HostService(
    LeaseLoop lease, NotificationLoop notifications, ReconcileLoop reconciliation, RescueLoop rescue, RebalanceLoop rebalance,
    ReportLoop reports, HostStop stop, IHostApplicationLifetime lifetime, ILogger<HostService> logger) : BackgroundService, IHostedLifecycleService
{
    private ExceptionDispatchInfo? _failure;

    /// <summary>After the stop: throws the exception that stopped this process, if one did.</summary>
    /// <exception cref="StartupException">Another process has this host's id.</exception>
    public void ThrowIfFailed() => _failure?.Throw();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await lease.AcquireAsync(stoppingToken);
            // No loop ends by itself: the first to end has failed.
            await await Task.WhenAny(
                lease.RunAsync(stoppingToken),
                notifications.RunAsync(stoppingToken),
                reconciliation.RunAsync(stoppingToken),
                rescue.RunAsync(stoppingToken),
                rebalance.RunAsync(stoppingToken),
                reports.RunAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            Log.HostFailed(logger, e);
            e.Data[OperatorLog.ReportedKey] = true;
            _failure = ExceptionDispatchInfo.Capture(e);
            lifetime.StopApplication();
        }
    }

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Before any other service stops; the loops still run.
    Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken) => stop.StopRoomsAsync();

    // After all services, and so the loops, have stopped.
    Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => stop.ReleaseLeaseAsync();

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Critical, Message = "Host failed; stopping the process.")]
        public static partial void HostFailed(ILogger logger, Exception exception);
    }
}
