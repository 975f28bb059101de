using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatServer.AppHost.Restarts;

/// <summary>Marks a resource that is started again after a crash.</summary>
internal sealed class RestartOnCrashAnnotation : IResourceAnnotation;

/// <summary>
/// Follows the states of all resources with <see cref="RestartOnCrashAnnotation"/> and starts those again that crashed: Aspire leaves a
/// crashed project stopped. Each restart is written to the log of the resource.
/// </summary>
internal sealed partial class CrashRestarter(
    ResourceNotificationService notifications, ResourceCommandService commands, ResourceLoggerService loggers, TimeProvider time) : BackgroundService
{
    private readonly Dictionary<string, Watched> _watched = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var restarts = new List<Task>();
        try
        {
            await foreach (var change in notifications.WatchAsync(stoppingToken))
            {
                if (!change.Resource.HasAnnotationOfType<RestartOnCrashAnnotation>()) continue;
                restarts.RemoveAll(restart => restart.IsCompleted);
                if (OnChanged(change) is { } delay) restarts.Add(RestartAsync(change, delay, stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        await Task.WhenAll(restarts);
    }

    // Each instance of a process has an id of its own; the policy belongs to the resource.
    private TimeSpan? OnChanged(ResourceEvent change)
    {
        if (!_watched.TryGetValue(change.Resource.Name, out var watched))
            _watched[change.Resource.Name] = watched = new Watched(new RestartPolicy(time));
        var snapshot = change.Snapshot;
        var state = snapshot.State?.Text;
        var stopped = KnownResourceStates.TerminalStates.Contains(state);
        if (state == KnownResourceStates.Stopping) watched.Policy.OnStopRequested();
        if (state == KnownResourceStates.Running && snapshot.HealthStatus == HealthStatus.Healthy) watched.Policy.OnHealthy();
        if (state == KnownResourceStates.Running && snapshot.HealthStatus != HealthStatus.Healthy) watched.Policy.OnUnhealthy();
        var hasJustStopped = stopped && watched.Runs;
        watched.Runs = !stopped && (watched.Runs || state == KnownResourceStates.Running);
        return hasJustStopped ? watched.Policy.OnStopped(snapshot.ExitCode) : null;
    }

    private async Task RestartAsync(ResourceEvent crashed, TimeSpan delay, CancellationToken ct)
    {
        var logger = loggers.GetLogger(crashed.Resource);
        try
        {
            LogRestart(logger, crashed.Resource.Name, Cause(crashed.Snapshot.ExitCode), delay.TotalSeconds);
            await Task.Delay(delay, time, ct);
            // A user may have started it in the meantime.
            if (notifications.TryGetCurrentState(crashed.ResourceId, out var now) && !KnownResourceStates.TerminalStates.Contains(now.Snapshot.State?.Text)) return;
            var result = await commands.ExecuteCommandAsync(crashed.ResourceId, KnownResourceCommands.StartCommand, ct);
            if (!result.Success && !ct.IsCancellationRequested) LogFailure(logger, crashed.Resource.Name, result.Message);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    // The orchestrator reports -1 for a process that a signal ended, such as SIGKILL.
    private static string Cause(int? exitCode) => exitCode < 0 ? "signal" : $"exit code {exitCode}";

    [LoggerMessage(LogLevel.Warning, "{Resource} crashed ({Cause}); restarting in {Delay} s.")]
    private static partial void LogRestart(ILogger logger, string resource, string cause, double delay);

    [LoggerMessage(LogLevel.Error, "{Resource} could not be restarted: {Error}")]
    private static partial void LogFailure(ILogger logger, string resource, string? error);

    private sealed class Watched(RestartPolicy policy)
    {
        public RestartPolicy Policy { get; } = policy;

        public bool Runs { get; set; }
    }
}
