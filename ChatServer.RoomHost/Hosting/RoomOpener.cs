using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.RoomHost.Moderation;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tokens;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Opens, reopens and closes the room of a slot. Each method runs in a reconcile of the room, or in the stop after the last reconcile.
/// </summary>
internal sealed partial class RoomOpener(
    RoomHostOptions options, RoomSlots slots, IHeldLease lease, RoomOwnership ownership, RoomLog log, LogReadLimiter reads,
    HostSanctions sanctions, IMemberCommands commands, TokenVerifier tokens, TimeProvider time, ILogger<RoomOpener> logger)
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(3);

    private readonly byte[] _welcomeLimits = EventJson.WelcomeLimits(options);

    /// <summary>A room that was opened here failed and must be reopened. Raised in the room's turn.</summary>
    public event Action<Room>? RoomFailed;

    /// <summary>
    /// Claims the room and opens it, or closes the slot if the room is assigned to another host or is closing. The slot's port already
    /// accepts connections; they wait until the room is ready. A claim may be repeated if its outcome is unknown.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task OpenAsync(RoomSlot slot, string generation)
    {
        var claimedAt = time.GetTimestamp();
        if (await ownership.ClaimAsync(slot.Name, options.HostId, options.Address, slot.Port, slot.NeedsNewEpoch) is not { } claim)
        {
            await CloseAsync(slot, CloseCodes.GoingAway, "moved", reconnect: true);
            return;
        }
        var cause = slot.Record is null ? "opened" : "reopened";
        var record = claim.Room;
        if (slot.LogEnd is { } end)
        {
            slot.LogEnd = null;
            if (await CompleteLogAsync(slot, end, record) is not { } completed)
            {
                slot.NeedsNewEpoch = true;
                await OpenAsync(slot, generation);
                return;
            }
            record = completed;
        }
        slot.Record = record;
        slot.Generation = generation;
        slot.IsPublished = false;
        // Read after the claim: no previous host can append any more.
        var durable = record.Options.Durability == Durability.Redis ? new DurableLog(log, record, time, reads) : null;
        var tail = durable is null || record.Seq == 0 ? null : await durable.ReadTailAsync();
        LogForeignEntries(slot.Name, tail?.Page);
        var seats = new DurableSeats(ownership, record, time, error => Log.SeatsNotSaved(logger, slot.Name, error));
        var room = new Room(
            record, tail, durable, PreviousSeats(slot, claim), seats, options, _welcomeLimits, time,
            new WriteFence(lease.HasHeldSince, claimedAt))
        {
            Commands = commands,
            Tokens = tokens,
        };
        await sanctions.ReadAsync(room); // before the first member joins
        room.Failed += OnRoomFailed;
        slot.NeedsNewEpoch = false;
        slot.Seats = null;
        slot.SetRoom(room);
        RoomMetrics.OpenDuration.Record(
            time.GetElapsedTime(claimedAt).TotalSeconds, new KeyValuePair<string, object?>("cause", cause));
        Log.RoomOpened(logger, slot.Name, slot.Port, record.Term);
        await PublishAsync(slot);
    }

    /// <summary>Notifies other processes that the slot's room is open. A reconcile repeats this if it failed.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task PublishAsync(RoomSlot slot)
    {
        await ownership.PublishOpenAsync(slot.Name);
        slot.IsPublished = true;
    }

    /// <summary>
    /// Replaces a room that no longer matches its record. Its members are told to reconnect, and wait at the port for the new room.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task ReopenAsync(RoomSlot slot, Room old, RoomRecord record, string generation)
    {
        // A log that is behind the events that members have seen is an older state of Redis: its next events would reuse these numbers.
        if (old.Failure?.Append == AppendResult.Diverged || (record.Epoch == old.Record.Epoch && record.Seq < old.Seq))
        {
            slot.LogEnd = await FindLogEndAsync(old, record);
            slot.NeedsNewEpoch |= slot.LogEnd is null;
        }
        slot.HoldNewConnections();
        // The memory of a room that failed by its own fault is not trusted: the seats come from Redis.
        slot.Seats = old.Failure is { IsFault: true } ? null : await old.Queries.SeatsAsync();
        // In parallel: a member that closes slowly does not delay the new room.
        await Task.WhenAll(CloseRoomAsync(old, CloseCodes.GoingAway, "reopened", reconnect: true), OpenAsync(slot, generation));
    }

    /// <summary>Closes the slot's room, if it has one, and removes the slot.</summary>
    public async Task CloseAsync(RoomSlot slot, ushort code, string reason, bool reconnect)
    {
        var room = slot.Room;
        slot.SetRoom(null);
        if (room is not null)
            await CloseRoomAsync(room, code, reason, reconnect);
        slots.Remove(slot);
    }

    // The memory of a room that failed by its own fault is not trusted.
    private async Task<LogEnd?> FindLogEndAsync(Room old, RoomRecord record)
    {
        if (old.Failure is { IsFault: true } || record.Options.Durability != Durability.Redis || record.Epoch != old.Record.Epoch
            || record.Seq >= old.Seq)
            return null;
        var end = await old.Queries.LogEndAsync(record.Seq);
        return end is not null && end.Continues(await log.ReadBeforeAsync(record.Name, null, 1)) ? end : null;
    }

    private async Task<RoomRecord?> CompleteLogAsync(RoomSlot slot, LogEnd end, RoomRecord claimed)
    {
        try
        {
            var completed = await end.AppendAsync(log, claimed);
            if (completed is not null)
                Log.LogCompleted(logger, slot.Name, completed.Seq - claimed.Seq, end.Newest);
            return completed;
        }
        catch (BackplaneUnavailableException)
        {
            slot.LogEnd = end; // the next reconcile repeats it
            throw;
        }
    }

    // The seats in Redis are newer only if another process has saved them since.
    private static IReadOnlyList<RoomSeat> PreviousSeats(RoomSlot slot, RoomClaim claim) =>
        claim.SeatsSavedBy is SeatsSavedBy.Nobody or SeatsSavedBy.ThisProcess && slot.Seats is { } own ? own : claim.Seats;

    // A malformed entry is not protected against duplicates. The room keeps its log.
    private void LogForeignEntries(string room, LogPage? tail)
    {
        var malformed = (tail?.Events ?? [])
            .Where(e => e.Entry.Key != LogEntry.EmptyKey && MessageKey.Parse(e.Entry.Key) is null)
            .Select(e => e.Seq).ToList();
        if (malformed.Count > 0)
            Log.ForeignEntries(logger, room, malformed.Count, malformed[0]);
    }

    private async Task CloseRoomAsync(Room room, ushort code, string reason, bool reconnect)
    {
        room.Failed -= OnRoomFailed;
        await room.FlushAsync(CloseTimeout);
        await room.CloseAsync(code, reason, reconnect, CloseTimeout);
        await room.DisposeAsync();
    }

    private void OnRoomFailed(Room room) => RoomFailed?.Invoke(room);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Room {Room} opened on port {Port} with term {Term}.")]
        public static partial void RoomOpened(ILogger logger, string room, int port, long term);

        [LoggerMessage(Level = LogLevel.Warning,
            Message = "The log of room {Room} lacked its last {Count} events, up to {Seq}; they are appended again.")]
        public static partial void LogCompleted(ILogger logger, string room, long count, long seq);

        [LoggerMessage(Level = LogLevel.Critical,
            Message = "The log of room {Room} has {Count} malformed entries, the first at {Seq}; the room opens with them.")]
        public static partial void ForeignEntries(ILogger logger, string room, int count, long seq);

        [LoggerMessage(Level = LogLevel.Error,
            Message = "Saving the seats of room {Room} failed; after a crash its members may get other names.")]
        public static partial void SeatsNotSaved(ILogger logger, string room, Exception exception);
    }
}
