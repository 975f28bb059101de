using System.Diagnostics.CodeAnalysis;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>Opens and closes rooms. Each method runs in a reconcile, or in the stop after the last one.</summary>
internal sealed partial class RoomReconciler
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(3);

    private readonly byte[] _welcomeLimits;
    private int _slotCount; // rooms that are open or being opened

    private async Task OpenRoomAsync(RoomRecord record, string generation)
    {
        if (TryCreateSlot(record, generation, out var slot))
            await ClaimRoomAsync(slot, generation);
        // A stop gives back what others wait for. What this host had open it finds again at its next start.
        else if (!_stopping || record.State == RoomState.Placing)
            await RefuseRoomAsync(record);
    }

    private async Task RefuseRoomAsync(RoomRecord record)
    {
        Log.RoomRefused(_logger, record.Name);
        await _ownership.RefuseAsync(record.Name, _options.HostId);
        // Whoever created the room waits and places it elsewhere. For one that this host had open in an earlier life nobody does.
        if (record.State == RoomState.Open)
            await _placement.ReopenAsync(record.Name, record.Term, CancellationToken.None);
    }

    private bool TryCreateSlot(RoomRecord record, string generation, [NotNullWhen(true)] out RoomSlot? slot)
    {
        slot = null;
        if (_stopping)
            return false;
        if (Interlocked.Increment(ref _slotCount) <= _options.MaxRooms)
        {
            var candidate = new RoomSlot(record.Name)
            {
                Record = record.State == RoomState.Open ? record : null,
                Generation = generation,
            };
            if (_ports.Open(candidate, record.Port) is { } port)
            {
                candidate.Port = port;
                slot = _slots[record.Name] = candidate;
                return true;
            }
        }
        Interlocked.Decrement(ref _slotCount);
        return false;
    }

    // The port accepts before the claim says so. Who has claimed reads the log's tail; nobody else can write to it any more. Claiming
    // again, after an answer that was lost, is safe; until then, who comes waits at the door.
    private async Task ClaimRoomAsync(RoomSlot slot, string generation)
    {
        var seenAt = _time.GetTimestamp();
        if (await _ownership.ClaimAsync(slot.Name, _options.HostId, _options.Address, slot.Port, slot.NeedsNewEpoch) is not { } claim)
        {
            await CloseSlotAsync(slot, CloseCodes.GoingAway, "moved", reconnect: true);
            return;
        }
        var record = slot.Record = claim.Room;
        slot.Generation = generation;
        var durable = record.Options.Durability == Durability.Redis ? new DurableLog(_log, record, _time) : null;
        var tail = durable is null || record.Seq == 0 ? null : await durable.ReadTailAsync();
        LogForeignEntries(slot.Name, tail?.Page);
        // Where this process was the last to save the seats, or Redis has lost them, its own memory is the newer one.
        var seated = claim.SeatsSavedBy is SeatsSavedBy.Nobody or SeatsSavedBy.ThisProcess
            && slot.Seats is { } before ? before : claim.Seats;
        var seats = new DurableSeats(_ownership, record, _time, error => Log.SeatsNotSaved(_logger, slot.Name, error));
        var room = new Room(record, tail, durable, seated, seats, _options, _welcomeLimits, _time, _lease.HasHeldSince, seenAt);
        room.LogLost += OnLogLost;
        slot.NeedsNewEpoch = false;
        slot.Seats = null;
        slot.SetRoom(room);
        Log.RoomOpened(_logger, slot.Name, slot.Port, record.Term);
    }

    // A malformed entry loses its protection against duplicates; the room keeps its log.
    private void LogForeignEntries(string room, LogPage? tail)
    {
        var spoiled = (tail?.Events ?? []).Where(e => e.Entry.Key != LogEntry.EmptyKey && MessageKey.Parse(e.Entry.Key) is null).Select(e =>
            e.Seq).ToList();
        if (spoiled.Count > 0)
            Log.ForeignEntries(_logger, room, spoiled.Count, spoiled[0]);
    }

    // The room in the slot no longer matches the directory. Members are closed to reconnect, and wait for the new room.
    private async Task ReopenRoomAsync(RoomSlot slot, Room old, RoomRecord record, string generation)
    {
        // A log that is behind what members have seen is an older state of Redis: the same numbers will name other events.
        if (old.LogLoss?.Result == AppendResult.Diverged || (record.Epoch == old.Record.Epoch && record.Seq < old.Seq))
            slot.NeedsNewEpoch = true;
        slot.HoldNewConnections();
        slot.Seats = await old.SeatsAsync();
        // Side by side: a member that is slow to go must not keep the others out.
        await Task.WhenAll(CloseRoomAsync(old, CloseCodes.GoingAway, "reopened", reconnect: true), ClaimRoomAsync(slot, generation));
    }

    private async Task CloseSlotAsync(RoomSlot slot, ushort code, string reason, bool reconnect)
    {
        var room = slot.Room;
        slot.SetRoom(null);
        if (room is not null)
            await CloseRoomAsync(room, code, reason, reconnect);
        if (!_slots.TryRemove(KeyValuePair.Create(slot.Name, slot)))
            return;
        _ports.Close(slot.Port);
        Interlocked.Decrement(ref _slotCount);
    }

    private async Task CloseRoomAsync(Room room, ushort code, string reason, bool reconnect)
    {
        room.LogLost -= OnLogLost;
        await room.FlushAsync(CloseTimeout);
        await room.CloseAsync(code, reason, reconnect, CloseTimeout);
        await room.DisposeAsync();
    }
}
