using ChatServer.Backplane;

namespace ChatServer.Api;

/// <summary>
/// Ends the process, with exit code 0, when the shutdown of the whole server was ordered. A nudge says when to look; looking
/// every few seconds makes up for nudges that were lost.
/// </summary>
internal sealed partial class ShutdownWatch(
    ClusterShutdown shutdown, ClusterSignals clusterSignals, IHostApplicationLifetime lifetime, TimeProvider time,
    ILogger<ShutdownWatch> logger) : BackgroundService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);

    /// <summary>For this long after the order, callers are told by an answer; after it, by a closed port.</summary>
    private static readonly TimeSpan StopDelay = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _signals = new(0);

    /// <summary>Checks once before the first request: an order given from then on is for this process, an older one is not.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await IsOrderedAsync();
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var nudges = clusterSignals.RunAsync(() => _signals.Release(), stoppingToken);
        try
        {
            while (!await IsOrderedAsync()) await _signals.WaitAsync(PollInterval, stoppingToken);
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

    private async Task<bool> IsOrderedAsync()
    {
        try
        {
            return await shutdown.IsOrderedAsync();
        }
        catch (BackplaneUnavailableException)
        {
            return false; // the key waits for us
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
