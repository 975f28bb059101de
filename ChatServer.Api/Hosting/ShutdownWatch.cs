using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Messages;

namespace ChatServer.Api.Hosting;

/// <summary>
/// Ends the process with exit code 0 after an order to shut down the server. It checks the order on each nudge, and every two seconds
/// in case a nudge was lost.
/// </summary>
internal sealed partial class ShutdownWatch(
    ClusterShutdown shutdown, ClusterSignals clusterSignals, IHostApplicationLifetime lifetime, TimeProvider time,
    ILogger<ShutdownWatch> logger) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);

    /// <summary>Time after the order in which calls still get a response.</summary>
    private static readonly TimeSpan StopDelay = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _signals = new(0);

    /// <summary>Checks once before the first request: only a later order applies to this process.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await IsOrderedAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var nudges = clusterSignals.RunAsync(() => _signals.Release(), stoppingToken);
        try
        {
            while (!await IsOrderedAsync(stoppingToken)) await _signals.WaitAsync(PollInterval, stoppingToken);
            Log.Ordered(logger);
            await Task.Delay(StopDelay, time, stoppingToken);
            lifetime.StopApplication();
            await nudges;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await nudges.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> IsOrderedAsync(CancellationToken ct)
    {
        try
        {
            return await shutdown.IsOrderedAsync(ct);
        }
        catch (BackplaneUnavailableException)
        {
            return false; // the order remains in Redis
        }
    }

    public override void Dispose()
    {
        _signals.Dispose();
        base.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "An operator shut the server down; stopping this Api.")]
        public static partial void Ordered(ILogger logger);
    }
}
