namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Keeps the messages of one <c>uid</c> apart. The next host of the room does not know when a user sent its last message: after a move
/// each user may send one at once.
/// </summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class SlowMode(TimeProvider time)
{
    /// <summary>Users that are remembered; beyond that, the one that has waited longest may send. About 1 MB.</summary>
    public const int MaxUsers = 10_000;

    private readonly Dictionary<string, long> _sentAt = [];
    private readonly Queue<(string Uid, long At)> _order = [];

    /// <summary>Minimum time between two messages of a user; zero: no slow mode.</summary>
    public TimeSpan Interval { get; set; }

    /// <summary>Time until a user may send the next message; null if that is now.</summary>
    public TimeSpan? TimeUntilAllowed(string uid) =>
        Interval > TimeSpan.Zero && _sentAt.TryGetValue(uid, out var at) && time.GetElapsedTime(at) is var elapsed && elapsed < Interval
            ? Interval - elapsed
            : null;

    /// <summary>A user's message gets its place in the log.</summary>
    public void OnAccepted(string uid)
    {
        if (Interval == TimeSpan.Zero)
        {
            Forget(keep: 0);
            return;
        }
        var now = time.GetTimestamp();
        _sentAt[uid] = now;
        _order.Enqueue((uid, now));
        Forget(MaxUsers);
    }

    private void Forget(int keep)
    {
        while (_order.TryPeek(out var oldest) && (_order.Count > keep || time.GetElapsedTime(oldest.At) >= Interval))
        {
            _order.Dequeue();
            if (_sentAt[oldest.Uid] == oldest.At)
                _sentAt.Remove(oldest.Uid);
        }
    }
}
