using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using ChatServer.Backplane.Rooms;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// The rooms that this host has open or is opening, at most <c>MAX_ROOMS</c>, each with its port. May be read from any thread; only a
/// reconcile of a room, or the stop after the last reconcile, adds or removes its slot.
/// </summary>
internal sealed class RoomSlots(RoomHostOptions options, PortPool ports)
{
    private readonly ConcurrentDictionary<string, RoomSlot> _slots = new();
    private int _count; // includes slots that are being added
    private volatile bool _isStopped;

    /// <summary>All slots.</summary>
    public IEnumerable<RoomSlot> All => _slots.Values;

    /// <summary>The rooms that are ready.</summary>
    public IEnumerable<Room> Rooms => _slots.Values.Select(slot => slot.Room).OfType<Room>();

    /// <summary>Whether <see cref="Stop"/> was called.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>The slot of that name, or null.</summary>
    public RoomSlot? Find(string name) => _slots.GetValueOrDefault(name);

    /// <summary>The room of that name if it is ready, else null.</summary>
    public Room? FindRoom(string name) => Find(name)?.Room;

    /// <summary>
    /// Adds a slot with an open port. Returns false if there is no free port, if the host has its maximum of rooms, or after
    /// <see cref="Stop"/>.
    /// </summary>
    /// <param name="record">The record of a room without a slot. Its port is used if it is free.</param>
    /// <param name="generation">See <see cref="RoomSlot.Generation"/>.</param>
    /// <param name="slot">The new slot.</param>
    public bool TryAdd(RoomRecord record, string generation, [NotNullWhen(true)] out RoomSlot? slot)
    {
        slot = null;
        if (_isStopped)
            return false;
        if (Interlocked.Increment(ref _count) <= options.MaxRooms)
        {
            var candidate = new RoomSlot(record.Name)
            {
                Record = record.State == RoomState.Open ? record : null,
                Generation = generation,
            };
            if (ports.Open(candidate, record.Port) is { } port)
            {
                candidate.Port = port;
                slot = _slots[record.Name] = candidate;
                return true;
            }
        }
        Interlocked.Decrement(ref _count);
        return false;
    }

    /// <summary>Removes the slot and closes its port. No effect if it was removed before.</summary>
    public void Remove(RoomSlot slot)
    {
        if (!_slots.TryRemove(KeyValuePair.Create(slot.Name, slot)))
            return;
        ports.Close(slot.Port);
        Interlocked.Decrement(ref _count);
    }

    /// <summary>Refuses every later <see cref="TryAdd"/>.</summary>
    public void Stop() => _isStopped = true;
}
