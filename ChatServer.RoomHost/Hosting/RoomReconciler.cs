using System.Collections.Concurrent;
using System.Diagnostics;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Makes the rooms that are open here equal to those in the directory. Whatever the reason (a notification, a missed notification, the
/// periodic round), a reconcile of a room compares its record with its slot and does what is missing. Reconciles of one room never
/// overlap; one that fails is repeated in the next round. This part decides; <c>RoomReconciler.Slots.cs</c> opens and closes rooms,
/// <c>RoomReconciler.Drain.cs</c> moves them.
/// </summary>
internal sealed partial class RoomReconciler : IDisposable
{
    // Reconciles that wait for Redis at a time; more would only queue up there.
    private const int MaxParallelReconciles = 64;

    // Every room is reconciled at least once in this many rounds, with or without a reason.
    private const int RoundsPerFullSweep = 10;

    private readonly RoomHostOptions _options;
    private readonly LeaseHolder _lease;
    private readonly PortPool _ports;
    private readonly RoomDirectory _directory;
    private readonly RoomOwnership _ownership;
    private readonly RoomPlacement _placement;
    private readonly HostDirectory _hosts;
    private readonly RoomLog _log;
    private readonly TimeProvider _time;
    private readonly ILogger<RoomReconciler> _logger;
    private readonly ReconcileQueue _queue;
    private readonly ConcurrentDictionary<string, RoomSlot> _slots = new();
    private readonly ConcurrentDictionary<string, bool> _retry = new(); // rooms whose last reconcile failed or was postponed
    private uint _round;
    private volatile bool _stopping;
    private volatile string? _generation;

    public RoomReconciler(
        RoomHostOptions options, LeaseHolder lease, PortPool ports, RoomDirectory directory, RoomOwnership ownership,
            RoomPlacement placement,
        HostDirectory hosts, RoomLog log, TimeProvider time, ILogger<RoomReconciler> logger)
    {
        (_options, _lease, _ports, _directory, _ownership) = (options, lease, ports, directory, ownership);
        (_placement, _hosts, _log, _time, _logger) = (placement, hosts, log, time, logger);
        _queue = new ReconcileQueue(ReconcileRoomAsync, OnReconcileFailed, MaxParallelReconciles);
        _welcomeLimits = EventJson.WelcomeLimits(options);
    }

    /// <summary>The rooms that are ready.</summary>
    public IEnumerable<Room> Rooms => _slots.Values.Select(d => d.Room).OfType<Room>();

    /// <summary>The room of that name if it is ready here, else null.</summary>
    public Room? Find(string name) => _slots.TryGetValue(name, out var slot) ? slot.Room : null;

    /// <summary>Requests a reconcile of the room.</summary>
    public void RequestReconcile(string name) => _queue.Request(name);

    /// <summary>
    /// A round: requests reconciles of rooms that should be open here and are not, or are and should not, of rooms whose last reconcile
    /// failed, of rooms that Redis may have lost, and of a part of the others; of all if <paramref name="notificationsMissed"/>.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task ReconcileRoundAsync(bool notificationsMissed)
    {
        var generation = await _ownership.GenerationAsync();
        if (_generation is { } before && before != generation)
            Log.DataLost(_logger);
        _generation = generation;
        var wanted = (await _ownership.WantedAsync(_options.HostId)).ToHashSet(StringComparer.Ordinal);
        var part = _round++ % RoundsPerFullSweep;
        foreach (var name in wanted.Where(n => Find(n) is null))
            RequestReconcile(name);
        foreach (var (name, slot) in _slots)
        {
            var isDue = (uint)name.GetHashCode(StringComparison.Ordinal) % RoundsPerFullSweep == part;
            if (isDue || notificationsMissed || slot.Generation != generation || !wanted.Contains(name))
                RequestReconcile(name);
        }
        foreach (var name in _retry.Keys)
            RequestReconcile(name);
    }

    /// <summary>
    /// Closes all rooms, for good or (with <paramref name="reconnect"/>) because this host stops. Rooms are opened no more.
    /// </summary>
    public async Task StopAsync(ushort code, string reason, bool reconnect)
    {
        _stopping = true;
        await _queue.StopAsync();
        await Task.WhenAll(_slots.Values.Select(d => CloseSlotAsync(d, code, reason, reconnect)));
    }

    public void Dispose() => _queue.Dispose();

    private async Task ReconcileRoomAsync(string name)
    {
        if (!_lease.IsHeld)
        {
            _retry[name] = true;
            return;
        }
        _retry.TryRemove(name, out _);
        var seenAt = _time.GetTimestamp();
        // Read before the room: a room found now is in this generation, or in a newer one, which the next round detects.
        var generation = _generation ??= await _ownership.GenerationAsync();
        var record = await _directory.FindAsync(name);
        _slots.TryGetValue(name, out var slot);
        using var span = StartSpan(record, slot);
        if (record is null && slot is not null && await RestoreAsync(slot))
            RequestReconcile(name);
        else if (record is null || record.HostId != _options.HostId)
            await ReleaseRoomAsync(name, slot, isGone: record is null);
        else if (record.State == RoomState.Closing)
            await DeleteRoomAsync(name, slot);
        else if (slot is null)
            await OpenRoomAsync(record, generation);
        else if (slot.Room is not { } room)
            await ClaimRoomAsync(slot, generation);
        else if (room.Record.Term != record.Term || room.LogLoss is not null)
            await ReopenRoomAsync(slot, room, record, generation);
        else
        {
            slot.Generation = generation;
            room.ConfirmOwnership(seenAt);
            if (IsDraining)
                await HandOverRoomAsync(slot, room);
        }
    }

    // The span of a reconcile for a traced order. The order travels in the room's record, because the notification may be missed.
    private Activity? StartSpan(RoomRecord? record, RoomSlot? slot)
    {
        if (record?.Traceparent is null)
            return null;
        var isOurs = record.HostId == _options.HostId;
        var name = !isOurs && slot is not null ? "room.leave"
            : isOurs && record.State == RoomState.Closing ? "room.close"
            : isOurs && slot?.Room?.Record.Term != record.Term ? "room.open"
            : null;
        return name is null ? null : Tracing.Source.StartChild(name, record.Traceparent)?.SetTag("chat.room", record.Name);
    }

    private void OnReconcileFailed(string name, Exception exception)
    {
        _retry[name] = true;
        if (exception is BackplaneUnavailableException)
            Log.ReconcilePostponed(_logger, name);
        else
            Log.ReconcileFailed(_logger, name, exception);
    }

    // In the room's turn.
    private void OnLogLost(Room room)
    {
        Log.LogLost(_logger, room.Record.Name, room.LogLoss!.Result, room.LogLoss.Error);
        RequestReconcile(room.Record.Name);
    }

    // A room that is gone was deleted, or forgotten: Redis says that its memory is another than when the room was last seen there. Then
    // it is put back, unless somebody was quicker, and the next look opens it anew: its members come back into an empty log.
    private async Task<bool> RestoreAsync(RoomSlot slot)
    {
        if (slot.Record is not { } record || slot.Generation is null || slot.Generation == await _ownership.GenerationAsync())
            return false;
        await _ownership.RestoreAsync(record with { Port = slot.Port });
        return true;
    }

    private async Task ReleaseRoomAsync(string name, RoomSlot? slot, bool isGone)
    {
        if (slot is not null)
            await (isGone
                ? CloseSlotAsync(slot, CloseCodes.RoomClosed, "room-closed", reconnect: false)
                : CloseSlotAsync(slot, CloseCodes.GoingAway, "moved", reconnect: true));
        await _ownership.RemoveFromWantedAsync(name, _options.HostId);
    }

    private async Task DeleteRoomAsync(string name, RoomSlot? slot)
    {
        if (slot is not null)
            await CloseSlotAsync(slot, CloseCodes.RoomClosed, "room-closed", reconnect: false);
        await _ownership.DeleteAsync(name, _options.HostId);
        Log.RoomDeleted(_logger, name);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Room {Room} opened on port {Port} with term {Term}.")]
        public static partial void RoomOpened(ILogger logger, string room, int port, long term);

        [LoggerMessage(Level = LogLevel.Information, Message = "Room {Room} was shut down and deleted.")]
        public static partial void RoomDeleted(ILogger logger, string room);

        [LoggerMessage(Level = LogLevel.Information, Message = "Room {Room} moved to host {Host} with term {Term}.")]
        public static partial void RoomHandedOver(ILogger logger, string room, string host, long term);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Room {Room} refused: no free port, or MAX_ROOMS are open.")]
        public static partial void RoomRefused(ILogger logger, string room);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Append to the log of room {Room} failed ({Result}); reopening the room.")]
        public static partial void LogLost(ILogger logger, string room, AppendResult? result, Exception? exception);

        [LoggerMessage(Level = LogLevel.Critical,
            Message = "The log of room {Room} has {Count} malformed entries, the first at {Seq}; the room opens with them.")]
        public static partial void ForeignEntries(ILogger logger, string room, int count, long seq);

        [LoggerMessage(Level = LogLevel.Error,
            Message = "Saving the seats of room {Room} failed; after a crash its members may get other names.")]
        public static partial void SeatsNotSaved(ILogger logger, string room, Exception exception);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Reconciling room {Room} is postponed: Redis is unavailable.")]
        public static partial void ReconcilePostponed(ILogger logger, string room);

        [LoggerMessage(Level = LogLevel.Error, Message = "Reconciling room {Room} failed; the next round retries.")]
        public static partial void ReconcileFailed(ILogger logger, string room, Exception exception);

        [LoggerMessage(Level = LogLevel.Error, Message = "Redis lost its data; the open rooms are restored with new epochs.")]
        public static partial void DataLost(ILogger logger);
    }
}
