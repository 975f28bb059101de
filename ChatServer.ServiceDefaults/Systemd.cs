using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;

namespace ChatServer.ServiceDefaults;

/// <summary>Notifications for systemd (<c>Type=notify</c>): the process is ready, alive (<c>WatchdogSec</c>), or stopping.</summary>
/// <remarks>
/// Not <c>AddSystemd</c> of the package: it replaces the JSON of the console by a format of systemd, and it does nothing unless the parent
/// process is named <c>systemd</c>.
/// </remarks>
internal static class Systemd
{
    /// <summary>Adds the notifications if systemd has set <c>NOTIFY_SOCKET</c>.</summary>
    public static void AddSystemdNotifications(this IHostApplicationBuilder builder)
    {
        var notifier = new SystemdNotifier();
        if (!notifier.IsEnabled)
            return;
        var interval = WatchdogInterval(Environment.GetEnvironmentVariable, Environment.ProcessId);
        builder.Services.AddHostedService(services => new SystemdNotifications(
            notifier, interval, services.GetRequiredService<HealthCheckService>(), services.GetRequiredService<IHostApplicationLifetime>(),
            services.GetService<TimeProvider>() ?? TimeProvider.System));
    }

    /// <summary>
    /// Time between two notifications of the watchdog: half of <c>WATCHDOG_USEC</c> (microseconds), as <c>sd_watchdog_enabled(3)</c>
    /// recommends. Null if systemd expects none, or expects them from another process (<c>WATCHDOG_PID</c>): the variables are inherited.
    /// </summary>
    internal static TimeSpan? WatchdogInterval(Func<string, string?> variable, int processId) =>
        long.TryParse(variable("WATCHDOG_USEC"), out var microseconds) && microseconds > 0
            && (variable("WATCHDOG_PID") is not { Length: > 0 } watched || watched == $"{processId}")
            ? TimeSpan.FromMicroseconds(microseconds) / 2
            : null;
}

/// <summary>
/// Notifies systemd when the service has started, when it begins to stop, and, until the process ends, while the liveness check of
/// <c>/alive</c> succeeds. Timer and check run on the thread pool: if it runs no new work, systemd gets no notification and restarts the
/// process.
/// </summary>
internal sealed class SystemdNotifications(
    ISystemdNotifier notifier, TimeSpan? watchdogInterval, HealthCheckService health, IHostApplicationLifetime lifetime, TimeProvider time)
    : IHostedService, IDisposable
{
    private static readonly ServiceState Alive = new("WATCHDOG=1");

    private ITimer? _timer;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() => notifier.Notify(ServiceState.Ready));
        lifetime.ApplicationStopping.Register(() => notifier.Notify(ServiceState.Stopping));
        if (watchdogInterval is { } interval)
            _timer = time.CreateTimer(_ => _ = NotifyAliveAsync(), null, TimeSpan.Zero, interval);
        return Task.CompletedTask;
    }

    // The watchdog also covers the stop, in which a RoomHost moves its rooms: the timer ends with the process.
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    private async Task NotifyAliveAsync()
    {
        var report = await health.CheckHealthAsync(check => check.Tags.Contains(Health.LiveTag));
        if (report.Status != HealthStatus.Unhealthy)
            notifier.Notify(Alive);
    }
}
