using System.Diagnostics.CodeAnalysis;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>How rooms are opened and closed. Each of these is part of a look, or of the stop after the last one.</summary>
internal sealed partial class RoomKeeper
{
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(3);

    private readonly byte[] _limits;
    private int _open; // rooms open or about to be

    private async Task OpenAsync(RoomRecord record, string generation)
    {
        if (TryMakeDoor(record, generation, out var door))
            await ClaimAsync(door, generation);
        // A stop gives back what others wait for. What this host had open it finds again at its next start.
        else if (!_stopping || record.State == RoomState.Placing)
            await RefuseAsync(record);
    }

    private async Task RefuseAsync(RoomRecord record)
    {
        Log.Refused(_logger, record.Name);
        await _ownership.RefuseAsync(record.Name, _options.HostId);
        // Whoever created the room waits and places it elsewhere. For one that this host had open in an earlier life nobody does.
        if (record.State == RoomState.Open)
            await _placement.ReopenAsync(record.Name, record.Term, CancellationToken.None);
    }

    private bool TryMakeDoor(RoomRecord record, string generation, [NotNullWhen(true)] out RoomDoor? door)
    {
        door = null;
        if (_stopping)
            return false;
        if (Interlocked.Increment(ref _open) <= _options.MaxRooms)
        {
            var candidate = new RoomDoor(record.Name)
            {
                Record = record.State == RoomState.Open ? record : null,
                Generation = generation,
            };
            if (_ports.Open(candidate, record.Port) is { } port)
            {
                candidate.Port = port;
                door = _doors[record.Name] = candidate;
                return true;
            }
        }
        Interlocked.Decrement(ref _open);
        return false;
    }

    // The port accepts before the claim says so. Who has claimed reads the log's tail; nobody else can write to it any more. Claiming
    // again, after an answer that was lost, is safe; until then, who comes waits at the door.
    private async Task ClaimAsync(RoomDoor door, string generation)
    {
        var seenAt = _time.GetTimestamp();
        if (await _ownership.ClaimAsync(door.Name, _options.HostId, _options.Address, door.Port, door.NeedsNewEpoch) is not { } claim)
        {
            await RetireAsync(door, CloseCodes.GoingAway, "moved", reconnect: true);
            return;
        }
        var record = door.Record = claim.Room;
        door.Generation = generation;
        var durable = record.Options.Durability == Durability.Redis ? new DurableLog(_log, record, _time) : null;
        var tail = durable is null || record.Seq == 0 ? null : await durable.ReadTailAsync();
        TellOfSpoiled(door.Name, tail?.Page);
        // Where this process was the last to save the seats, or Redis has lost them, its own memory is the newer one.
        var seated = claim.Kept is SeatsKept.Never or SeatsKept.Here && door.Seats is { } before ? before : claim.Seats;
        var seats = new DurableSeats(_ownership, record, _time, error => Log.SeatsNotSaved(_logger, door.Name, error));
        var room = new Room(record, tail, durable, seated, seats, _options, _limits, _time, _lease.HasHeldSince, seenAt);
        room.Lost += OnLost;
        door.NeedsNewEpoch = false;
        door.Seats = null;
        door.Open(room);
        Log.Opened(_logger, door.Name, door.Port, record.Term);
    }

    // What nobody of us wrote costs its message the protection against being said twice, not the room its log.
    private void TellOfSpoiled(string room, LogPage? tail)
    {
        var spoiled = (tail?.Events ?? []).Where(e => e.Entry.Key != LogEntry.NoKey && MessageKey.Parse(e.Entry.Key) is null).Select(e => e.Seq).ToList();
        if (spoiled.Count > 0)
            Log.Spoiled(_logger, room, spoiled.Count, spoiled[0]);
    }

    // The room behind the door is no longer what the directory says. Members are sent away to come back, and wait at the door.
    private async Task ReopenAsync(RoomDoor door, Room old, RoomRecord record, string generation)
    {
        // A log that is behind what members have seen is an older state of Redis: the same numbers will name other events.
        if (old.Loss?.Answer == AppendResult.Diverged || (record.Epoch == old.Record.Epoch && record.Seq < old.Seq))
            door.NeedsNewEpoch = true;
        door.Hold();
        door.Seats = await old.SeatsAsync();
        // Side by side: a member that is slow to go must not keep the others out.
        await Task.WhenAll(CloseAsync(old, CloseCodes.GoingAway, "reopened", reconnect: true), ClaimAsync(door, generation));
    }

    private async Task RetireAsync(RoomDoor door, ushort code, string reason, bool reconnect)
    {
        var room = door.Room;
        door.Open(null);
        if (room is not null)
            await CloseAsync(room, code, reason, reconnect);
        if (!_doors.TryRemove(KeyValuePair.Create(door.Name, door)))
            return;
        _ports.Close(door.Port);
        Interlocked.Decrement(ref _open);
    }

    private async Task CloseAsync(Room room, ushort code, string reason, bool reconnect)
    {
        room.Lost -= OnLost;
        await room.FlushAsync(ClosePatience);
        await room.CloseAsync(code, reason, reconnect, ClosePatience);
        await room.DisposeAsync();
    }
}
