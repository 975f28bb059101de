using ChatServer.Backplane.Rooms;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// A room's port and the room behind it. The port is open before the room is ready: connections wait. It stays open when the room is
/// replaced after its log was lost. Only reconciles of the room change the slot, and these never overlap.
/// </summary>
internal sealed class RoomSlot(string name)
{
    private TaskCompletionSource<Room?> _room = NewPending();

    public string Name { get; } = name;

    public int Port { get; set; }

    /// <summary>The record of the room when it was last open on this host, earlier processes included; null if it never was.</summary>
    public RoomRecord? Record { get; set; }

    /// <summary>The generation of Redis' data in which the room was last seen. In another generation the room must be restored.</summary>
    public string? Generation { get; set; }

    /// <summary>Members have seen events that the log does not have: the next claim starts a new epoch.</summary>
    public bool NeedsNewEpoch { get; set; }

    /// <summary>Events that members have seen and the log lacks: they are appended after the next claim. Null if there are none.</summary>
    public LogEnd? LogEnd { get; set; }

    /// <summary>Whether other processes were notified that the room of this slot is open.</summary>
    public bool IsPublished { get; set; }

    /// <summary>Whether the next reconcile moves the room to another host, although this one keeps its other rooms.</summary>
    public bool IsToMove { get; set; }

    /// <summary>The seats of the replaced room, until the next room is ready; null if there was none.</summary>
    public IReadOnlyList<RoomSeat>? Seats { get; set; }

    /// <summary>Completes with the room when it is ready, or with null if it is unavailable.</summary>
    public Task<Room?> RoomWhenReady => Volatile.Read(ref _room).Task;

    /// <summary>The room if it is ready now, else null.</summary>
    public Room? Room => RoomWhenReady is { IsCompletedSuccessfully: true, Result: { } room } ? room : null;

    /// <summary>Gives the room to waiting and later connections; null refuses them.</summary>
    public void SetRoom(Room? room)
    {
        if (!_room.TrySetResult(room))
            Volatile.Write(ref _room, NewCompleted(room));
    }

    /// <summary>
    /// Makes later connections wait for the next <see cref="SetRoom"/>. Connections that wait already keep waiting for it.
    /// </summary>
    public void HoldNewConnections()
    {
        if (_room.Task.IsCompleted)
            Volatile.Write(ref _room, NewPending());
    }

    private static TaskCompletionSource<Room?> NewPending() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource<Room?> NewCompleted(Room? room)
    {
        var done = NewPending();
        done.SetResult(room);
        return done;
    }
}
