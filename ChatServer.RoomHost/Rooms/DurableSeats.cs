using ChatServer.Backplane;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// What Redis knows of who sits in one room that this host holds under one term: so its next host gives everyone the seat that was
/// theirs, and tells nobody of a move.
/// </summary>
/// <param name="ownership">Where it is kept.</param>
/// <param name="room">As it was claimed.</param>
/// <param name="taken">Who sat in it then.</param>
/// <param name="time">The clock.</param>
internal sealed class DurableSeats(RoomOwnership ownership, RoomRecord room, IReadOnlyList<RoomSeat> taken, TimeProvider time)
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(100);

    /// <summary>Who sat in the room when it was claimed.</summary>
    public IReadOnlyList<RoomSeat> Taken => taken;

    /// <summary>
    /// Saves what changed, however long Redis stays away. Ends without that when the room is another's, or when
    /// <paramref name="ct"/> says that it is given up.
    /// </summary>
    public async Task SaveAsync(IReadOnlyDictionary<string, string?> changes, CancellationToken ct)
    {
        for (; ; )
        {
            try
            {
                await ownership.SaveSeatsAsync(room.Name, room.Term, changes);
                return;
            }
            catch (BackplaneUnavailableException)
            {
                await Task.Delay(Retry, time, ct);
            }
        }
    }
}
