using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>How rooms go to other hosts while this one still lives.</summary>
internal sealed partial class RoomReconciler
{
    // A batch that takes longer is waiting for Redis, and so would the move.
    private static readonly TimeSpan PauseTimeout = TimeSpan.FromSeconds(1);

    private volatile bool _isDraining;

    /// <summary>Whether each reconcile of a room that is open here tries to move it to another host.</summary>
    public bool IsDraining
    {
        get => _isDraining;
        set => _isDraining = value;
    }

    /// <summary>
    /// Reconciles the rooms that are open here, at most <paramref name="maxParallel"/> at a time; with <see cref="IsDraining"/> that moves them.
    /// </summary>
    public Task ReconcileOpenRoomsAsync(int maxParallel, CancellationToken ct) => Parallel.ForEachAsync(
        _slots.Keys, new ParallelOptions { MaxDegreeOfParallelism = maxParallel, CancellationToken = ct },
        async (name, _) => await _queue.RequestAsync(name));

    // The new host opens the room before the members are sent there: what they miss is the moment in which nobody may write. What they
    // said in it was not acknowledged, and they say it again.
    private async Task HandOverRoomAsync(RoomSlot slot, Room room)
    {
        if (await _hosts.LeastLoadedAsync(new HashSet<string> { _options.HostId }) is null || !await room.PauseAsync(PauseTimeout))
            return;
        RoomRecord? moved = null;
        try
        {
            moved = await _placement.ReopenAsync(slot.Name, room.Record.Term, CancellationToken.None);
        }
        finally
        {
            if (moved is null)
                room.Unpause();
        }
        if (moved is null)
            return;
        Log.RoomHandedOver(_logger, slot.Name, moved.HostId, moved.Term);
        await CloseSlotAsync(slot, CloseCodes.GoingAway, "moved", reconnect: true);
    }
}
