using System.Runtime.ExceptionServices;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// This host's life among the others: it holds its lease, listens to its inbox, makes its rounds, and leaves in order.
/// </summary>
internal sealed partial class HostService(
    RoomHostOptions options, RoomKeeper keeper, CommandDesk desk, HostLoad load, LeaseHolder lease, HostInbox inbox, RoomOwnership ownership,
    RoomDirectory directory, RoomRescue rescue, HostDrain drain, Announcements announcements, ClusterShutdown shutdown, Looks looks,
    IHostApplicationLifetime lifetime,
    TimeProvider time, ILogger<HostService> logger) : BackgroundService, IHostedLifecycleService
{
    // What nudges tell at once, rounds find within this time.
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Reports = TimeSpan.FromMilliseconds(500);

    // At the start, another process that holds our id is given this long to be a dead one, whose lease runs out.
    private static readonly TimeSpan StartPatience = HostLease.Lifetime * 3;

    // Rooms that move at a time: one after another while the host goes on, so that each has the machine for its members' return.
    private const int MovesOfDrain = 1;
    private const int MovesOfStop = 16;

    // A stop moves its rooms within this time; what is left is closed here, and opened by whoever finds it.
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(12);

    private readonly SemaphoreSlim _look = new(0);
    private Task _draining = Task.CompletedTask;
    private string _state = HostRecord.Up;
    private volatile bool _missed;
    private bool _obeyed;
    private ExceptionDispatchInfo? _failure;

    /// <summary>After the stop: throws what made this process stop by itself, if something did.</summary>
    /// <exception cref="StartupException">Another process has this host's id.</exception>
    public void ThrowIfFailed() => _failure?.Throw();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await TakeIdAsync(stoppingToken);
            // The first to end is the one that failed.
            await await Task.WhenAny(
                HoldIdAsync(stoppingToken),
                inbox.RunAsync(options.HostId, LookAtAllSoon, keeper.Look, Take, stoppingToken),
                looks.RunAsync(LookSoon, stoppingToken),
                MakeRoundsAsync(stoppingToken),
                RescueAsync(stoppingToken),
                ReportAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            Log.Failed(logger, e);
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
            await TryAsync(RenewAsync);
        if (!_obeyed)
            await LeaveRoomsAsync();
        using var span = _obeyed ? Tracing.Source.StartChild("host.shutdown", shutdown.Traceparent) : null;
        if (_obeyed)
            await keeper.StopAsync(CloseCodes.RoomClosed, "shutdown", reconnect: false);
        else
            await keeper.StopAsync(CloseCodes.GoingAway, "host-stopping", reconnect: true);
    }

    private async Task LeaveRoomsAsync()
    {
        using var patience = new CancellationTokenSource(DrainPatience, time);
        keeper.IsDraining = true;
        await TryAsync(() => keeper.LookAtOpenAsync(MovesOfStop, patience.Token).WaitAsync(patience.Token));
    }

    /// <summary>Gives the lease back, once nothing renews it any more.</summary>
    async Task IHostedLifecycleService.StoppedAsync(CancellationToken cancellationToken) => await TryAsync(() => lease.ReleaseAsync(forget: _obeyed));

    private async Task TakeIdAsync(CancellationToken ct)
    {
        for (var told = false; ;)
        {
            if (!await TryAsync(RenewAsync) && !told)
            {
                told = true;
                Log.Waiting(logger);
            }
            if (lease.IsHeld)
                return;
            GiveUpAfter(StartPatience);
            await Task.Delay(HostLease.Renewal, time, ct);
        }
    }

    private async Task HoldIdAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(HostLease.Renewal, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            await TryAsync(RenewAsync);
            GiveUpAfter(HostLease.Lifetime);
        }
    }

    private async Task RenewAsync()
    {
        if (!await lease.RenewAsync(load.Measure(keeper, _state)))
            return;
        rescue.BeginAgain();
        // While it was not held, looks were put off.
        LookAtAllSoon();
    }

    private void GiveUpAfter(TimeSpan patience)
    {
        if (lease.RefusedFor > patience)
            throw new StartupException($"HOST_ID {options.HostId} is in use by another RoomHost.");
    }

    private async Task MakeRoundsAsync(CancellationToken ct)
    {
        for (; ; )
        {
            await TryAsync(LookAroundAsync);
            await _look.WaitAsync(Round, ct);
            // Several nudges, one look.
            while (_look.Wait(0, ct))
            {
            }
        }
    }

    private async Task LookAroundAsync()
    {
        if (await shutdown.IsOrderedAsync())
        {
            _obeyed = true;
            lifetime.StopApplication();
            return;
        }
        await ObeyDrainAsync();
        var missed = _missed;
        _missed = false;
        try
        {
            await keeper.LookAroundAsync(missed);
        }
        catch
        {
            if (missed)
                _missed = true;
            throw;
        }
        await AnnounceAsync();
    }

    private async Task ObeyDrainAsync()
    {
        var isOrdered = await drain.IsOrderedAsync(options.HostId);
        if (_state == HostRecord.Stopping)
            return;
        var isNew = isOrdered != keeper.IsDraining;
        if (isNew)
        {
            keeper.IsDraining = isOrdered;
            _state = isOrdered ? HostRecord.Draining : HostRecord.Up;
            await RenewAsync();
        }
        if (isOrdered && _draining.IsCompleted)
            _draining = TryAsync(() => DrainAsync(isNew));
    }

    // The rounds after the first are not part of the order's trace.
    private async Task DrainAsync(bool isNew)
    {
        var traceparent = isNew && Tracing.Source.HasListeners() ? await drain.TraceAsync(options.HostId) : null;
        using var span = Tracing.Source.StartChild("host.drain", traceparent);
        await keeper.LookAtOpenAsync(MovesOfDrain, lifetime.ApplicationStopping);
    }

    private async Task RescueAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(HostLease.Renewal, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            if (lease.IsHeld)
                await TryAsync(() => rescue.RunAsync(ct));
        }
    }

    // Every room remembers what it has had; asking from the one that is furthest behind finds what any of them lacks.
    private async Task AnnounceAsync()
    {
        var rooms = keeper.Rooms.ToList();
        if (rooms.Count == 0)
            return;
        foreach (var announcement in await announcements.AfterAsync(rooms.Min(r => r.Announced)))
        {
            foreach (var room in rooms)
                room.Announce(announcement);
        }
    }

    private async Task ReportAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Reports, time);
        while (await timer.WaitForNextTickAsync(ct))
        {
            await TryAsync(() => Task.WhenAll(keeper.Rooms.Select(ReportAsync)));
            foreach (var room in keeper.Rooms)
            {
                if (room.Record.Options.IdleTimeoutSeconds is > 0 and var idle && room.EmptyFor >= TimeSpan.FromSeconds(idle))
                    await TryAsync(() => directory.ShutdownAsync(room.Record.Name, room.Record.Term));
            }
        }
    }

    private async Task ReportAsync(Room room)
    {
        if (room.TakeReport() is not { } report)
            return;
        try
        {
            if (!await ownership.ReportAsync(room.Record.Name, room.Record.Term, report.Members, report.Messages, report.Announced))
                keeper.Look(room.Record.Name);
        }
        catch
        {
            room.ReportAgain();
            throw;
        }
    }

    // The process that has our id answers.
    private void Take(Command command)
    {
        if (lease.IsHeld)
            desk.Take(command);
    }

    private void LookSoon() => _look.Release();

    private void LookAtAllSoon()
    {
        _missed = true;
        LookSoon();
    }

    // False: it failed, for want of Redis most of the time; whatever it was, it is done again.
    private async Task<bool> TryAsync(Func<Task> work)
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
            Log.WorkFailed(logger, e);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Redis does not answer; this host waits for it.")]
        public static partial void Waiting(ILogger logger);

        [LoggerMessage(Level = LogLevel.Critical, Message = "This host cannot go on.")]
        public static partial void Failed(ILogger logger, Exception why);

        [LoggerMessage(Level = LogLevel.Error, Message = "Something that is done again and again failed.")]
        public static partial void WorkFailed(ILogger logger, Exception why);
    }
}
