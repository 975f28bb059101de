using System.Collections.Concurrent;
using System.Diagnostics;
using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.RoomHost.Moderation;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Makes the rooms that are open here equal to the rooms that the directory assigns to this host. A reconcile of a room compares its record
/// with its slot and carries out the difference, whatever requested it: a notification, a missed notification or the periodic round.
/// Reconciles of one room never overlap; a failed reconcile is repeated in the next round.
/// </summary>
internal sealed partial class RoomReconciler : IDisposable
{
    // Concurrent reconciles, each of which waits for Redis. More would only wait in the connection to Redis.
    private const int MaxParallelReconciles = 64;

    // Every room is reconciled at least once in this many rounds, with or without a reason.
    private const int RoundsPerFullSweep = 10;

    private readonly RoomHostOptions _options;
    private readonly HostState _state;
    private readonly IHeldLease _lease;
    private readonly RoomSlots _slots;
    private readonly RoomDirectory _directory;
    private readonly RoomOwnership _ownership;
    private readonly RoomOpener _opener;
    private readonly RoomMover _mover;
    private readonly IdentitySecret _identities;
    private readonly AdminTokenSecret _adminSecret;
    private readonly HostSanctions _sanctions;
    private readonly TaskScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly ILogger<RoomReconciler> _logger;
    private readonly ReconcileQueue _queue;
    private readonly ConcurrentDictionary<string, bool> _retry = new(); // rooms whose last reconcile failed or was postponed
    private HashSet<string> _wanted = [];
    private uint _round;
    private volatile string? _generation;

    public RoomReconciler(
        RoomHostOptions options, HostState state, IHeldLease lease, RoomSlots slots, RoomDirectory directory, RoomOwnership ownership,
        RoomOpener opener, RoomMover mover, IdentitySecret identities, AdminTokenSecret adminSecret, HostSanctions sanctions,
        TaskScheduler scheduler, TimeProvider time, ILogger<RoomReconciler> logger)
    {
        (_options, _state, _lease, _slots, _directory) = (options, state, lease, slots, directory);
        (_ownership, _opener, _mover, _identities) = (ownership, opener, mover, identities);
        (_adminSecret, _sanctions, _scheduler, _time, _logger) = (adminSecret, sanctions, scheduler, time, logger);
        _queue = new ReconcileQueue(ReconcileRoomAsync, OnReconcileFailed, MaxParallelReconciles, scheduler);
        _opener.RoomFailed += OnRoomFailed;
    }

    /// <summary>Requests a reconcile of the room.</summary>
    public void RequestReconcile(string name) => _queue.Request(name);

    /// <summary>Reconciles the room. Completes with the reconcile, failed or not.</summary>
    public Task ReconcileAsync(string name) => _queue.RequestAsync(name);

    /// <summary>
    /// A round: requests reconciles of rooms that should be open here and are not, or are and should not, of rooms whose last reconcile
    /// failed, of rooms that Redis may have lost, and of a part of the others; of all if <paramref name="isFull"/>.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException"/>
    public async Task ReconcileRoundAsync(bool isFull, CancellationToken ct)
    {
        var generation = await _ownership.GenerationAsync(ct);
        if (_generation is { } before && before != generation)
        {
            Log.DataLost(_logger);
            await _sanctions.RestoreAsync();
            await _adminSecret.RestoreAsync();
            await _identities.RestoreAsync();
        }
        _generation = generation;
        var part = _round++ % RoundsPerFullSweep;
        // A host may have 10,000 names, so all are read only if their number changed, and once in a sweep.
        if (isFull || part == 0 || await _ownership.CountWantedAsync(_options.HostId, ct) != _wanted.Count)
            _wanted = (await _ownership.WantedAsync(_options.HostId, ct)).ToHashSet(StringComparer.Ordinal);
        foreach (var name in _wanted.Where(n => _slots.FindRoom(n) is null))
            RequestReconcile(name);
        foreach (var slot in _slots.All)
        {
            var isDue = (uint)slot.Name.GetHashCode(StringComparison.Ordinal) % RoundsPerFullSweep == part;
            if (isDue || isFull || slot.Generation != generation || !_wanted.Contains(slot.Name))
                RequestReconcile(slot.Name);
        }
        foreach (var name in _retry.Keys)
            RequestReconcile(name);
    }

    /// <summary>
    /// Reconciles the rooms that are open here, at most <paramref name="maxParallel"/> at a time. This moves them if
    /// <see cref="HostState.MovesRooms"/>.
    /// </summary>
    /// <exception cref="OperationCanceledException"/>
    public Task ReconcileOpenRoomsAsync(int maxParallel, CancellationToken ct) => Parallel.ForEachAsync(
        _slots.All, new ParallelOptions { MaxDegreeOfParallelism = maxParallel, TaskScheduler = _scheduler, CancellationToken = ct },
        async (slot, _) => await _queue.RequestAsync(slot.Name));

    /// <summary>Moves the room to another host, if there is one that can take it.</summary>
    public async Task MoveAsync(RoomSlot slot)
    {
        slot.IsToMove = true;
        await _queue.RequestAsync(slot.Name);
        slot.IsToMove = false;
    }

    /// <summary>Waits for running reconciles and closes all rooms. No room is opened any more.</summary>
    /// <param name="code">The close code, from <see cref="CloseCodes"/>.</param>
    /// <param name="reason">The reason in the members' <c>closing</c> event.</param>
    /// <param name="reconnect">Whether members are told to reconnect.</param>
    public async Task StopAsync(ushort code, string reason, bool reconnect)
    {
        _slots.Stop();
        await _queue.StopAsync();
        await Task.WhenAll(_slots.All.Select(slot => _opener.CloseAsync(slot, code, reason, reconnect)));
    }

    public void Dispose() => _queue.Dispose();

    // Not cancellable: a reconcile is bounded by the timeouts of Redis, and one that was cut short would leave a room half open.
    private async Task ReconcileRoomAsync(string name)
    {
        if (!_lease.IsHeld)
        {
            _retry[name] = true;
            return;
        }
        _retry.TryRemove(name, out _);
        var readAt = _time.GetTimestamp();
        // Read before the room: a room found now is in this generation, or in a newer one, which the next round detects.
        var generation = _generation ??= await _ownership.GenerationAsync();
        var slot = _slots.Find(name);
        var newest = slot?.Room?.Seq ?? 0;
        var record = await _directory.FindAtPrimaryAsync(name);
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
            await _opener.OpenAsync(slot, generation);
        else if (room.Record.Term != record.Term || room.Failure is not null || LacksEvents(record, room, newest))
        {
            if (slot.Generation != generation)
                await _sanctions.RestoreAsync(room); // another process created the lost room before this host restored it
            await _opener.ReopenAsync(slot, room, record, generation);
        }
        else
        {
            slot.Generation = generation;
            slot.Record = slot.Record!.WithOptionsOf(record); // to restore the room
            room.ConfirmOwnership(readAt);
            if (room.Record.Options != record.Options)
                room.Change(record.Options);
            await _sanctions.RefreshAsync(room, record);
            if (!slot.IsPublished)
                await _opener.PublishAsync(slot);
            if (_state.MovesRooms || slot.IsToMove)
                await _mover.HandOverAsync(slot, room);
        }
    }

    // Whether the log ends before an event that the room had logged when the record was read: a promoted replica lacks it. The room is
    // reopened, which appends its events again, so that they do not wait for the room's next message.
    private static bool LacksEvents(RoomRecord? record, Room? room, long newest) =>
        record is { State: RoomState.Open, Options.Durability: Durability.Redis }
        && record.Epoch == room?.Record.Epoch && record.Seq < newest;

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

    private void OnRoomFailed(Room room)
    {
        if (room.Failure is { IsFault: true } fault)
            Log.RoomFaulted(_logger, room.Record.Name, fault.Error);
        else
            Log.LogLost(_logger, room.Record.Name, room.Failure!.Append, room.Failure.Error);
        RequestReconcile(room.Record.Name);
    }

    // Restores a room that has no record because Redis lost its data: the generation is another than the one in which the room was last
    // seen. In the same generation the room was deleted. The next reconcile reopens the restored room, or finds the room that another
    // process created under this name.
    private async Task<bool> RestoreAsync(RoomSlot slot)
    {
        if (slot.Record is not { } record || slot.Generation is null || slot.Generation == await _ownership.GenerationAsync())
            return false;
        var version = slot.Room is { } room ? await _sanctions.RestoreAsync(room) : 0; // first: the host that opens the room reads them
        await _ownership.RestoreAsync(record with { Port = slot.Port, SanctionsVersion = version });
        return true;
    }

    private async Task OpenRoomAsync(RoomRecord record, string generation)
    {
        if (record.Version <= DataVersion.Current && _slots.TryAdd(record, generation, out var slot))
            await _opener.OpenAsync(slot, generation);
        // During a stop, a new room is refused because its creator waits. A room that this host had open stays assigned to it, for its
        // next start.
        else if (!_slots.IsStopped || record.State == RoomState.Placing)
            await _mover.RefuseAsync(record);
    }

    private async Task ReleaseRoomAsync(string name, RoomSlot? slot, bool isGone)
    {
        if (slot is not null)
            await (isGone
                ? _opener.CloseAsync(slot, CloseCodes.RoomClosed, "room-closed", reconnect: false)
                : _opener.CloseAsync(slot, CloseCodes.GoingAway, "moved", reconnect: true));
        await _ownership.RemoveFromWantedAsync(name, _options.HostId);
    }

    private async Task DeleteRoomAsync(string name, RoomSlot? slot)
    {
        if (slot is not null)
            await _opener.CloseAsync(slot, CloseCodes.RoomClosed, "room-closed", reconnect: false);
        await _ownership.DeleteAsync(name, _options.HostId);
        Log.RoomDeleted(_logger, name);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Room {Room} was shut down and deleted.")]
        public static partial void RoomDeleted(ILogger logger, string room);

        [LoggerMessage(Level = LogLevel.Error, Message = "Room {Room} failed with an unexpected error; reopening it from its log.")]
        public static partial void RoomFaulted(ILogger logger, string room, Exception? exception);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Append to the log of room {Room} failed ({Result}); reopening the room.")]
        public static partial void LogLost(ILogger logger, string room, AppendResult? result, Exception? exception);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Reconciling room {Room} is postponed: Redis is unavailable.")]
        public static partial void ReconcilePostponed(ILogger logger, string room);

        [LoggerMessage(Level = LogLevel.Error, Message = "Reconciling room {Room} failed; the next round retries.")]
        public static partial void ReconcileFailed(ILogger logger, string room, Exception exception);

        [LoggerMessage(Level = LogLevel.Error, Message = "Redis lost its data; the open rooms are restored with new epochs.")]
        public static partial void DataLost(ILogger logger);
    }
}
