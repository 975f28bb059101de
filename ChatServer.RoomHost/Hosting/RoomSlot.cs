using ChatServer.Backplane;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// A room's port. It is open before the room is (what comes in waits), and stays when the room behind it is replaced after its log
/// was lost. Only looks change it, which never overlap.
/// </summary>
internal sealed class RoomSlot(string name)
{
    private TaskCompletionSource<Room?> _room = NewPending();

    public string Name { get; } = name;

    public int Port { get; set; }

    /// <summary>The room as it was open last, here or in an earlier life of this host; null when it never was.</summary>
    public RoomRecord? Record { get; set; }

    /// <summary>Redis' memory in which the room was last seen: in another one, it is to be put back.</summary>
    public string? Generation { get; set; }

    /// <summary>Members have seen what the log does not have: the next claim names a new epoch.</summary>
    public bool NeedsNewEpoch { get; set; }

    /// <summary>Who sat in the room that was here, until there is another; null: there was none.</summary>
    public IReadOnlyList<RoomSeat>? Seats { get; set; }

    /// <summary>The room, once it is ready; null when it is not to be had.</summary>
    public Task<Room?> RoomWhenReady => Volatile.Read(ref _room).Task;

    /// <summary>The room, if it is ready now.</summary>
    public Room? Room => RoomWhenReady is { IsCompletedSuccessfully: true, Result: { } room } ? room : null;

    /// <summary>Lets in who waits, and who comes from now on; null turns them away.</summary>
    public void SetRoom(Room? room)
    {
        if (!_room.TrySetResult(room))
            Volatile.Write(ref _room, NewCompleted(room));
    }

    /// <summary>Has who comes from now on wait until <see cref="SetRoom"/>. Who waits already goes on waiting for the same.</summary>
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
