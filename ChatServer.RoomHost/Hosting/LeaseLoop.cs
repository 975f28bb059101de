using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Settings;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Acquires the host's lease at the start, renews it every 300 ms, and reports the host's load and state with each renewal.
/// </summary>
internal sealed partial class LeaseLoop(
    RoomHostOptions options, LeaseHolder lease, HostLoadMeter load, RoomRescue rescue, ReconcileSignal reconcile, PeriodicTasks tasks,
    TimeProvider time, ILogger<LeaseLoop> logger)
{
    // A process that was killed under the same id holds the lease until it expires. After this time the id belongs to a live process.
    private static readonly TimeSpan AcquireTimeout = HostLease.Lifetime * 3;

    /// <summary>Acquires the lease. Waits for Redis if it is unavailable.</summary>
    /// <exception cref="StartupException">Another process has this host's id.</exception>
    /// <exception cref="OperationCanceledException"/>
    public async Task AcquireAsync(CancellationToken ct)
    {
        for (var isLogged = false; ;)
        {
            if (!await TryRenewAsync(ct) && !isLogged)
            {
                isLogged = true;
                Log.WaitingForRedis(logger);
            }
            if (lease.IsHeld)
                return;
            ThrowIfRefusedFor(AcquireTimeout);
            await Task.Delay(HostLease.RenewalInterval, time, ct);
        }
    }

    /// <summary>Renews the lease until <paramref name="ct"/> ends it.</summary>
    /// <exception cref="StartupException">Another process has this host's id.</exception>
    /// <exception cref="OperationCanceledException"/>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(HostLease.RenewalInterval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            await TryRenewAsync(ct);
            ThrowIfRefusedFor(HostLease.Lifetime);
        }
    }

    /// <summary>
    /// Renews the lease now. After this call Redis has the state that <see cref="HostState"/> had at its start, or a later one.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException"/>
    public async Task RenewAsync(CancellationToken ct)
    {
        if (!await lease.RenewAsync(load.Measure, ct))
            return;
        // The lease was not held before: reconciles were postponed, and other hosts' leases may have expired in the same outage.
        rescue.ResetGrace();
        reconcile.RequestFull();
    }

    private Task<bool> TryRenewAsync(CancellationToken ct) => tasks.TryAsync("lease renewal", () => RenewAsync(ct));

    private void ThrowIfRefusedFor(TimeSpan timeout)
    {
        if (lease.RefusedFor > timeout)
            throw new StartupException($"HOST_ID {options.HostId} is in use by another RoomHost.");
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Redis is unavailable; waiting for it to acquire the lease.")]
        public static partial void WaitingForRedis(ILogger logger);
    }
}
