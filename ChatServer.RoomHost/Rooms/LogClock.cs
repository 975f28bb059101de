namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// The clock of the events of a log: never earlier than the newest event, which a host with another clock may have written.
/// </summary>
/// <param name="time">The clock of this host.</param>
/// <param name="newest">The time of the newest event in the log.</param>
internal sealed class LogClock(TimeProvider time, DateTimeOffset newest)
{
    private DateTimeOffset _newest = newest;

    /// <summary>The time of the next events.</summary>
    public DateTimeOffset GetNow()
    {
        var now = time.GetUtcNow();
        return _newest = now > _newest ? now : _newest;
    }
}
