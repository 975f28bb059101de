using ChatServer.Backplane;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// What Redis knows of who sits in one room that this host holds under one term: so its next host gives everyone the seat that was
/// theirs, and tells nobody of a move.
/// </summary>
/// <param name="ownership">Where it is kept.</param>
/// <param name="room">As it was claimed.</param>
/// <param name="time">The clock.</param>
/// <param name="onError">Is told once what is wrong, if it is not that Redis is away.</param>
internal sealed class DurableSeats(RoomOwnership ownership, RoomRecord room, TimeProvider time, Action<Exception> onError)
{
    private static readonly TimeSpan UnavailableRetryDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ErrorRetryDelay = TimeSpan.FromSeconds(5);

    private bool _hasReplacedOld;

    /// <summary>
    /// Saves what changed, however long Redis stays away; the first time in place of what an earlier host saved. Ends without that when
    /// the room is another's, or when <paramref name="ct"/> says that it is given up. Not for concurrent calls.
    /// </summary>
    public async Task SaveAsync(IReadOnlyDictionary<string, string?> changes, CancellationToken ct)
    {
        for (var told = false; ;)
        {
            try
            {
                await ownership.SaveSeatsAsync(room.Name, room.Term, changes, anew: !_hasReplacedOld);
                _hasReplacedOld = true;
                return;
            }
            catch (BackplaneUnavailableException)
            {
                await Task.Delay(UnavailableRetryDelay, time, ct);
            }
            catch (Exception error)
            {
                if (!told)
                    onError(error);
                told = true;
                await Task.Delay(ErrorRetryDelay, time, ct);
            }
        }
    }
}
