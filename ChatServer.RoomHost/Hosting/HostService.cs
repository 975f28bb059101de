using System.Runtime.ExceptionServices;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// This host's life among the others: it holds its lease, listens to its inbox, makes its rounds, and leaves in order.
/// </summary>
internal sealed partial class HostService(
    RoomHostOptions options, RoomReconciler reconciler, CommandHandler commands, HostLoadMeter loadMeter, LeaseHolder lease, HostInbox inbox,
    RoomOwnership ownership, RoomDirectory directory, RoomRescue rescue, HostDrain drain, Announcements announcements,
    ClusterShutdown shutdown, ClusterSignals clusterSignals, IHostApplicationLifetime lifetime, TimeProvider time,
    ILogger<HostService> logger) : BackgroundService, IHostedLifecycleService
{
    // Bounds the delay of a change whose notification was lost.
    private static readonly TimeSpan ReconcileInterval = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(500);

    // At the start, another process that holds our id is given this long to be a dead one, whose lease runs out.
    private static readonly TimeSpan StartupLeaseTimeout = HostLease.Lifetime * 3;

    // Rooms that move at a time: one after another while the host goes on, so that each has the machine for its members' return.
    private const int MaxParallelMovesOnDrain = 1;
    private const int MaxParallelMovesOnStop = 16;

    // A stop moves its rooms within this time; what is left is closed here, and opened by whoever finds it.
    private static readonly TimeSpan MoveOnStopTimeout = TimeSpan.FromSeconds(12);

    private readonly SemaphoreSlim _reconcileRequests = new(0);
    private Task _drainTask = Task.CompletedTask;
    private string _state = HostRecord.Up;
    private volatile bool _notificationsMissed;
    private bool _shutdownOrdered;
    private ExceptionDispatchInfo? _failure;

    /// <summary>After the stop: throws what made this process stop by itself, if something did.</summary>
    /// <exception cref="StartupException">Another process has this host's id.</exception>
    public void ThrowIfFailed() => _failure?.Throw();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await AcquireLeaseAsync(stoppingToken);
            // The first to end is the one that failed.
            await await Task.WhenAny(
                RunLeaseLoopAsync(stoppingToken),
                inbox.RunAsync(options.HostId, RequestFullReconcile, reconciler.RequestReconcile, HandleCommand, stoppingToken),
                clusterSignals.RunAsync(WakeReconcileLoop, stoppingToken),
                RunReconcileLoopAsync(stoppingToken),
                RunRescueLoopAsync(stoppingToken),
                RunReportLoopAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            Log.HostFailed(logger, e);
            _failure = ExceptionDispatchInfo.Capture(e);
            lifetime.StopApplication();
        }
    }

    Task IHostedLifecycleService.StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IHostedLifecycleService.StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// No new rooms; those it has move to other hosts, if there are any, and members are told to reconnect, or, after an order to shut
    /// down, that it is over. Before anything else stops: a room's port is closed after its members.
    /// </summary>
    async Task IHostedLifecycleService.StoppingAsync(CancellationToken cancellationToken)
    {
        _state = HostRecord.Stopping;
        if (lease.IsHeld)
            await TryAsync("lease renewal", RenewLeaseAsync);
        if (!_shutdownOrdered)
            await MoveRoomsAwayAsync();
        using var span = _shutdownOrdered ? Tracing.Source.StartChild("host.shutdown", shutdown.Traceparent) : null;
        if (_shutdownOrdered)
            await reconciler.StopAsync(CloseCodes.RoomClosed, "shutdown", reconnect: false);
        else
            await reconciler.StopAsync(CloseCodes.GoingAway, "host-stopping", reconnect: true);
    }

    private async Task MoveRoomsAwayAsync()
    {
        using var timeout = new CancellationTokenSource(MoveOnStopTimeout, time);
        reconciler.IsDraining = true;
        await TryAsync("moving rooms away", () => reconciler.ReconcileOpenRoomsAsync(MaxParallelMovesOnStop,
            timeout.Token).WaitAsync(timeout.Token));
    }

    /// <summary>Gives the lease back, once nothing renews it any more.</summary>
    async Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) =>
        await TryAsync("lease release", () => lease.ReleaseAsync(forget: _shutdownOrdered));

    private async Task AcquireLeaseAsync(CancellationToken ct)
    {
        for (var logged = false; ;)
        {
            if (!await TryAsync("lease renewal", RenewLeaseAsync) && !logged)
            {
                logged = true;
                Log.WaitingForRedis(logger);
            }
            if (lease.IsHeld)
                return;
            ThrowIfLeaseRefusedFor(StartupLeaseTimeout);
            await Task.Delay(HostLease.RenewalInterval, time, ct);
        }
    }

    private async Task RunLeaseLoopAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(HostLease.RenewalInterval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            await TryAsync("lease renewal", RenewLeaseAsync);
            ThrowIfLeaseRefusedFor(HostLease.Lifetime);
        }
    }

    private async Task RenewLeaseAsync()
    {
        if (!await lease.RenewAsync(loadMeter.Measure(reconciler, _state)))
            return;
        rescue.ResetGrace();
        // Reconciles were postponed while the lease was not held.
        RequestFullReconcile();
    }

    private void ThrowIfLeaseRefusedFor(TimeSpan timeout)
    {
        if (lease.RefusedFor > timeout)
            throw new StartupException($"HOST_ID {options.HostId} is in use by another RoomHost.");
    }

    private async Task RunReconcileLoopAsync(CancellationToken ct)
    {
        for (; ; )
        {
            await TryAsync("reconciliation", ReconcileAsync);
            await _reconcileRequests.WaitAsync(ReconcileInterval, ct);
            // Several signals cause one round.
            while (_reconcileRequests.Wait(0, ct))
            {
            }
        }
    }

    private async Task ReconcileAsync()
    {
        if (await shutdown.IsOrderedAsync())
        {
            _shutdownOrdered = true;
            lifetime.StopApplication();
            return;
        }
        await ApplyDrainOrderAsync();
        var notificationsMissed = _notificationsMissed;
        _notificationsMissed = false;
        try
        {
            await reconciler.ReconcileRoundAsync(notificationsMissed);
        }
        catch
        {
            if (notificationsMissed)
                _notificationsMissed = true;
            throw;
        }
        await DeliverAnnouncementsAsync();
    }

    private async Task ApplyDrainOrderAsync()
    {
        var isOrdered = await drain.IsOrderedAsync(options.HostId);
        if (_state == HostRecord.Stopping)
            return;
        var isNew = isOrdered != reconciler.IsDraining;
        if (isNew)
        {
            reconciler.IsDraining = isOrdered;
            _state = isOrdered ? HostRecord.Draining : HostRecord.Up;
            await RenewLeaseAsync();
        }
        if (isOrdered && _drainTask.IsCompleted)
            _drainTask = TryAsync("drain", () => DrainAsync(isNew));
    }

    // The rounds after the first are not part of the order's trace.
    private async Task DrainAsync(bool isNew)
    {
        var traceparent = isNew && Tracing.Source.HasListeners() ? await drain.TraceparentAsync(options.HostId) : null;
        using var span = Tracing.Source.StartChild("host.drain", traceparent);
        await reconciler.ReconcileOpenRoomsAsync(MaxParallelMovesOnDrain, lifetime.ApplicationStopping);
    }

    private async Task RunRescueLoopAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(HostLease.RenewalInterval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            if (lease.IsHeld)
                await TryAsync("rescue", () => rescue.RunAsync(ct));
        }
    }

    // Every room remembers what it has had; asking from the one that is furthest behind finds what any of them lacks.
    private async Task DeliverAnnouncementsAsync()
    {
        var rooms = reconciler.Rooms.ToList();
        if (rooms.Count == 0)
            return;
        foreach (var announcement in await announcements.ReadAfterAsync(rooms.Min(r => r.Announced)))
        {
            foreach (var room in rooms)
                room.Announce(announcement);
        }
    }

    private async Task RunReportLoopAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(ReportInterval, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            await TryAsync("reports", () => Task.WhenAll(reconciler.Rooms.Select(ReportRoomAsync)));
            foreach (var room in reconciler.Rooms)
            {
                if (room.Record.Options.IdleTimeoutSeconds is > 0 and var idle && room.EmptyFor >= TimeSpan.FromSeconds(idle))
                    await TryAsync("idle room shutdown", () => directory.ShutdownAsync(room.Record.Name, room.Record.Term));
            }
        }
    }

    private async Task ReportRoomAsync(Room room)
    {
        if (room.TakeReport() is not { } report)
            return;
        try
        {
            if (!await ownership.ReportAsync(room.Record.Name, room.Record.Term, report.Members, report.Messages, report.Announced))
                reconciler.RequestReconcile(room.Record.Name);
        }
        catch
        {
            room.RepeatReport();
            throw;
        }
    }

    // The process that has our id answers.
    private void HandleCommand(Command command)
    {
        if (lease.IsHeld)
            commands.Handle(command);
    }

    private void WakeReconcileLoop() => _reconcileRequests.Release();

    private void RequestFullReconcile()
    {
        _notificationsMissed = true;
        WakeReconcileLoop();
    }

    // False: it failed, for want of Redis most of the time; whatever it was, it is done again.
    private async Task<bool> TryAsync(string task, Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (Exception e) when (e is BackplaneUnavailableException or OperationCanceledException)
        {
            return false;
        }
        catch (Exception e)
        {
            Log.PeriodicTaskFailed(logger, task, e);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Redis is unavailable; waiting for it to acquire the lease.")]
        public static partial void WaitingForRedis(ILogger logger);

        [LoggerMessage(Level = LogLevel.Critical, Message = "Host failed; stopping the process.")]
        public static partial void HostFailed(ILogger logger, Exception exception);

        [LoggerMessage(Level = LogLevel.Error, Message = "Periodic task {Task} failed; retrying.")]
        public static partial void PeriodicTaskFailed(ILogger logger, string task, Exception exception);
    }
}
