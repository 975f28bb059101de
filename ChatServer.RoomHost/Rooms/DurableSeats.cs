using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// The seats of one room in Redis, for one term of this host. The next host gives every session the seat that it had, so the members notice
/// no leave and no join.
/// </summary>
/// <param name="ownership">Stores the seats.</param>
/// <param name="room">The room as it was claimed.</param>
/// <param name="time">The clock.</param>
/// <param name="onError">Called once for each save that fails for another reason than an unavailable Redis.</param>
internal sealed class DurableSeats(RoomOwnership ownership, RoomRecord room, TimeProvider time, Action<Exception> onError)
{
    private static readonly TimeSpan UnavailableRetryDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ErrorRetryDelay = TimeSpan.FromSeconds(5);

    private bool _hasReplacedOld;

    /// <summary>
    /// Saves changes, however long Redis is unavailable; the first save replaces the seats of an earlier host. Saves nothing if the room is
    /// another host's. Not for concurrent calls.
    /// </summary>
    /// <exception cref="OperationCanceledException">The room was given up.</exception>
    public async Task SaveAsync(IReadOnlyDictionary<string, RoomSeat?> changes, CancellationToken ct)
    {
        for (var isReported = false; ;)
        {
            try
            {
                await ownership.SaveSeatsAsync(room.Name, room.Term, changes, replaceAll: !_hasReplacedOld);
                _hasReplacedOld = true;
                return;
            }
            catch (BackplaneUnavailableException)
            {
                await Task.Delay(UnavailableRetryDelay, time, ct);
            }
            catch (Exception error)
            {
                if (!isReported)
                    onError(error);
                isReported = true;
                await Task.Delay(ErrorRetryDelay, time, ct);
            }
        }
    }
}
