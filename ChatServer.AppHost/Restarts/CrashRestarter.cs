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
    ResourceNotificationService notifications, ResourceCommandService commands, ResourceLoggerService loggers, TimeProvider time,
    ILogger<CrashRestarter> logger)
    : BackgroundService
{
    private readonly Dictionary<string, WatchedResource> _watched = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var change in notifications.WatchAsync(stoppingToken))
            {
                if (change.Resource.HasAnnotationOfType<RestartOnCrashAnnotation>()) OnChanged(change, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        await Task.WhenAll(_watched.Values.Select(watched => watched.Restart));
    }

    // Each instance of a process has an id of its own; the policy belongs to the resource.
    private void OnChanged(ResourceEvent change, CancellationToken stopping)
    {
        if (!_watched.TryGetValue(change.Resource.Name, out var watched))
            _watched[change.Resource.Name] = watched = new WatchedResource(new RestartPolicy(time));
        var snapshot = change.Snapshot;
        var state = snapshot.State?.Text;
        var stopped = KnownResourceStates.TerminalStates.Contains(state);
        if (state == KnownResourceStates.Stopping) watched.Policy.OnStopRequested();
        if (state == KnownResourceStates.Running && snapshot.HealthStatus == HealthStatus.Healthy) watched.Policy.OnHealthy();
        if (state == KnownResourceStates.Running && snapshot.HealthStatus != HealthStatus.Healthy) watched.Policy.OnUnhealthy();
        if (!stopped)
        {
            watched.HasStarted = state is not null;
            return;
        }
        // During a start the orchestrator may report the end of the previous process again.
        if (!watched.HasStarted || (snapshot.StartTimeStamp is { } startedAt && startedAt == watched.StoppedProcess)) return;
        watched.HasStarted = false;
        watched.StoppedProcess = snapshot.StartTimeStamp;
        // The previous restart has ended: it started the process that has just stopped, or a user did and it was not needed.
        if (watched.Policy.OnStopped(snapshot.ExitCode) is { } delay) watched.Restart = RestartAsync(change, delay, stopping);
        else if (snapshot.ExitCode == 1 && !stopping.IsCancellationRequested)
            LogNotRestarted(logger, change.Resource.Name);
    }

    private async Task RestartAsync(ResourceEvent crashed, TimeSpan delay, CancellationToken ct)
    {
        var (name, logger) = (crashed.Resource.Name, loggers.GetLogger(crashed.Resource));
        LogRestart(logger, name, Cause(crashed.Snapshot.ExitCode), delay.TotalSeconds);
        try
        {
            while (true)
            {
                await Task.Delay(delay, time, ct);
                if (!IsStillStopped(crashed)) return;
                var result = await commands.ExecuteCommandAsync(crashed.ResourceId, KnownResourceCommands.StartCommand, ct);
                if (result.Success) return;
                delay = RestartPolicy.MaxDelay;
                LogFailure(logger, name, result.Message, delay.TotalSeconds);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            // An exception here must not end the AppHost, which would stop every service.
            LogGivenUp(logger, error, name);
        }
    }

    // A user may have started it during the delay, and even stopped it again, which is a newer process.
    private bool IsStillStopped(ResourceEvent crashed) =>
        notifications.TryGetCurrentState(crashed.ResourceId, out var now)
        && KnownResourceStates.TerminalStates.Contains(now.Snapshot.State?.Text)
        && now.Snapshot.StartTimeStamp == crashed.Snapshot.StartTimeStamp;

    // The orchestrator reports -1 for a process that a signal ended, such as SIGKILL.
    private static string Cause(int? exitCode) => exitCode < 0 ? "signal" : $"exit code {exitCode}";

    [LoggerMessage(LogLevel.Warning, "{Resource} crashed ({Cause}); restarting in {Delay} s.")]
    private static partial void LogRestart(ILogger logger, string resource, string cause, double delay);

    // On the console of the AppHost: the deployment does not become ready.
    [LoggerMessage(LogLevel.Error, "{Resource} could not start and is not started again: its log in the dashboard states the reason.")]
    private static partial void LogNotRestarted(ILogger logger, string resource);

    [LoggerMessage(LogLevel.Error, "{Resource} could not be restarted: {Error}; retrying in {Delay} s.")]
    private static partial void LogFailure(ILogger logger, string resource, string? error, double delay);

    [LoggerMessage(LogLevel.Error, "{Resource} could not be restarted; start it in the dashboard.")]
    private static partial void LogGivenUp(ILogger logger, Exception error, string resource);

    private sealed class WatchedResource(RestartPolicy policy)
    {
        public RestartPolicy Policy { get; } = policy;

        public bool HasStarted { get; set; }

        /// <summary>The start time of the process whose end was handled last.</summary>
        public DateTime? StoppedProcess { get; set; }

        public Task Restart { get; set; } = Task.CompletedTask;
    }
}
