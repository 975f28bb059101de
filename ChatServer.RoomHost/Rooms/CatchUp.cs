using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Members;
using ChatServer.Contracts;
using ChatServer.Metrics;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Sends a member the events after a sequence: from the ring if it has them, otherwise from the log.</summary>
/// <param name="history">The room's events.</param>
/// <param name="after">Sequence of the last event that the member has.</param>
/// <param name="gapless">Whether the member must get every event after <paramref name="after"/>. Otherwise events that are trimmed
/// meanwhile are left out at the beginning.</param>
internal sealed class CatchUp(RoomHistory history, long after, bool gapless) : ICatchUp
{
    /// <summary>
    /// Bytes that are copied or read at a time for a member that catches up. A page from the log can be larger by some events.
    /// </summary>
    public const int PageBytes = 64 * 1024;

    private const int MinEventsPerRead = 4, MaxEventsPerRead = 256;

    private bool _gapless = gapless;
    private int _eventsPerRead = MinEventsPerRead; // adapted to the size of the events
    private bool _isReading;
    private bool _isCounted;

    /// <summary>Sequence of the next event that the member gets.</summary>
    public long NextSeq { get; private set; } = after + 1;

    CatchUpResult ICatchUp.Continue(IMemberSender member)
    {
        var first = NextSeq;
        var result = Continue(member);
        if (NextSeq > first)
            CountPage("ring");
        return result;
    }

    private CatchUpResult Continue(IMemberSender member)
    {
        if (!_gapless)
            NextSeq = Math.Max(NextSeq, history.Oldest);
        while (NextSeq <= history.Seq && member.OutboxLength < PageBytes)
        {
            if (member.TrySendFromRing(NextSeq))
            {
                NextSeq++;
                _gapless = true;
                continue;
            }
            if (member.OutboxLength > 0)
                return CatchUpResult.Added;
            ReadLog(member);
            return CatchUpResult.Waiting;
        }
        return NextSeq <= history.Seq ? CatchUpResult.Added : CatchUpResult.Complete;
    }

    private void ReadLog(IMemberSender member)
    {
        if (_isReading)
            return;
        _isReading = true;
        history.Read(NextSeq - 1, _eventsPerRead, member, page =>
        {
            _isReading = false;
            if (page is not { Events: [var first, ..] } || (first.Seq != NextSeq && _gapless))
            {
                member.Close(CloseCodes.TooSlow, "too-slow", reconnect: true);
                member.Push();
                return;
            }
            foreach (var (seq, entry) in page.Events)
            {
                // The log is ahead of the room while an append is in flight. The ring will have its events.
                if (seq > history.Seq)
                    break;
                member.Send(entry.Event.Span);
                NextSeq = seq + 1;
                _gapless = true;
            }
            CountPage("log");
            AdaptPageSize(page);
            member.Push();
        });
    }

    private void CountPage(string source)
    {
        if (!_isCounted)
            RoomMetrics.CatchUps.Add(1);
        _isCounted = true;
        RoomMetrics.CatchUpPages.Add(source);
    }

    private void AdaptPageSize(LogPage page)
    {
        var bytes = page.Events.Sum(e => (long)e.Entry.Event.Length);
        _eventsPerRead = bytes < PageBytes / 2 ? Math.Min(_eventsPerRead * 2, MaxEventsPerRead)
            : bytes > PageBytes ? Math.Max(_eventsPerRead / 2, MinEventsPerRead)
            : _eventsPerRead;
    }
}
