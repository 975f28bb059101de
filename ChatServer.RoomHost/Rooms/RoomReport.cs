namespace ChatServer.RoomHost.Rooms;

/// <summary>The values of a room that its host writes to the record when they change. Only the report loop calls it.</summary>
internal sealed class RoomReport(Presence presence, MessagePublisher publisher, Sequencer sequencer, bool isDurable)
{
    private (int Members, long Messages, long Announced) _reported;

    /// <summary>What changed since the last report, or null: members, and what the log counts itself if it is in Redis.</summary>
    public (int Members, long? Messages, long? Announced)? Take()
    {
        var report = isDurable ? (presence.Count, 0, 0) : (presence.Count, publisher.Messages, sequencer.Announced);
        if (report == _reported)
            return null;
        _reported = report;
        return isDurable ? (report.Count, null, null) : report;
    }

    /// <summary>The report that was taken did not arrive: the next one is not null.</summary>
    public void Repeat() => _reported.Members = -1;
}
