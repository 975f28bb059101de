using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>How rooms go to other hosts while this one still lives.</summary>
internal sealed partial class RoomKeeper
{
    // A batch that takes longer is waiting for Redis, and so would the move.
    private static readonly TimeSpan PausePatience = TimeSpan.FromSeconds(1);

    private volatile bool _isDraining;

    /// <summary>Whether every look at a room that is open here tries to give it away.</summary>
    public bool IsDraining
    {
        get => _isDraining;
        set => _isDraining = value;
    }

    /// <summary>Looks at the rooms that are open here, so many at a time: with <see cref="IsDraining"/> that moves them.</summary>
    public Task LookAtOpenAsync(int parallel, CancellationToken ct) => Parallel.ForEachAsync(
        _doors.Keys, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = ct },
        async (name, _) => await _looks.RequestAsync(name));

    // The new host opens the room before the members are sent there: what they miss is the moment in which nobody may write. What they
    // said in it was not acknowledged, and they say it again.
    private async Task HandOverAsync(RoomDoor door, Room room)
    {
        if (await _hosts.LeastLoadedAsync(new HashSet<string> { _options.HostId }) is null || !await room.PauseAsync(PausePatience))
            return;
        RoomRecord? moved = null;
        try
        {
            moved = await _placement.ReopenAsync(door.Name, room.Record.Term, CancellationToken.None);
        }
        finally
        {
            if (moved is null)
                room.GoOn();
        }
        if (moved is null)
            return;
        Log.HandedOver(_logger, door.Name, moved.HostId, moved.Term);
        await RetireAsync(door, CloseCodes.GoingAway, "moved", reconnect: true);
    }
}
