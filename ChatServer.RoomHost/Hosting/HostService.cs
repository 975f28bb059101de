using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// This host's life among the others: it holds its lease, listens to its inbox, makes its rounds, and leaves in order.
/// </summary>
internal sealed partial class HostService(
    RoomHostOptions options, RoomKeeper keeper, CommandDesk desk, HostLoad load, HostLease lease, HostInbox inbox, RoomOwnership ownership,
    RoomDirectory directory, Announcements announcements, ClusterShutdown shutdown, Looks looks, IHostApplicationLifetime lifetime,
    TimeProvider time, ILogger<HostService> logger) : BackgroundService
{
    // What nudges tell at once, rounds find within this time.
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Reports = TimeSpan.FromMilliseconds(500);

    // Another process that holds our id is given this long to be a dead one, whose lease runs out.
    private static readonly TimeSpan IdPatience = HostLease.Lifetime * 3;

    private readonly SemaphoreSlim _look = new(0);
    private string _state = HostRecord.Up;
    private volatile bool _isLeased;
    private bool _obeyed;

    /// <summary>Whether the lease was renewed lately: the host takes part.</summary>
    public bool IsReady => _isLeased;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await TakeIdAsync(stoppingToken);
            await Task.WhenAll(
                HoldLeaseAsync(stoppingToken),
                inbox.RunAsync(options.HostId, LookSoon, keeper.Look, desk.Take, stoppingToken),
                looks.RunAsync(LookSoon, stoppingToken),
                MakeRoundsAsync(stoppingToken),
                ReportAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>No new rooms; members are told to reconnect, or, after an order to shut down, that it is over; the lease is given back.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _state = HostRecord.Stopping;
        if (_isLeased)
            await TryAsync(RenewAsync);
        if (_obeyed)
            await keeper.StopAsync(CloseCodes.RoomClosed, "shutdown", reconnect: false);
        else
            await keeper.StopAsync(CloseCodes.GoingAway, "host-stopping", reconnect: true);
        await base.StopAsync(cancellationToken);
        if (_isLeased)
            await TryAsync(() => lease.ReleaseAsync(options.HostId));
    }

    private async Task TakeIdAsync(CancellationToken ct)
    {
        var since = time.GetTimestamp();
        for (var told = false; ;)
        {
            if (await TryAsync(RenewAsync) is { } outcome)
            {
                if (_isLeased)
                    return;
                if (outcome && time.GetElapsedTime(since) > IdPatience)
                {
                    Log.IdTaken(logger, options.HostId);
                    Console.Error.WriteLine($"HOST_ID {options.HostId} is in use by another RoomHost.");
                    Environment.ExitCode = 1;
                    lifetime.StopApplication();
                    throw new OperationCanceledException(ct);
                }
            }
            else if (!told)
            {
                told = true;
                Log.Waiting(logger);
            }
            await Task.Delay(HostLease.Renewal, time, ct);
        }
    }

    private async Task HoldLeaseAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(HostLease.Renewal, time);
        while (await timer.WaitForNextTickAsync(ct))
            await TryAsync(RenewAsync);
    }

    private async Task RenewAsync()
    {
        try
        {
            _isLeased = await lease.RenewAsync(load.Measure(keeper, _state));
        }
        catch (BackplaneUnavailableException)
        {
            _isLeased = false;
            throw;
        }
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
        if (keeper.LookAfterLoss(await ownership.GenerationAsync()))
            Log.DataLost(logger);
        await keeper.LookAtAllAsync();
        await AnnounceAsync();
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
                    await TryAsync(() => directory.ShutdownAsync(room.Record.Name));
            }
        }
    }

    private async Task ReportAsync(Room room)
    {
        if (room.TakeReport() is { } report)
            await ownership.ReportAsync(room.Record.Name, room.Record.Term, report.Members, report.Messages, report.Announced);
    }

    private void LookSoon() => _look.Release();

    // True: done. Null: Redis is away; whatever it was, it is done again.
    private static async Task<bool?> TryAsync(Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (BackplaneUnavailableException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Redis does not answer; this host waits for it.")]
        public static partial void Waiting(ILogger logger);

        [LoggerMessage(Level = LogLevel.Critical, Message = "Another process holds the host id {HostId}.")]
        public static partial void IdTaken(ILogger logger, string hostId);

        [LoggerMessage(Level = LogLevel.Error, Message = "Redis has lost its data: the rooms that are open here are put back with new epochs.")]
        public static partial void DataLost(ILogger logger);
    }
}
