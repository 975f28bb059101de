using ChatServer.Broadcast.Members;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Sends a member the events after a sequence: from the ring if it has them, otherwise from the log.</summary>
/// <param name="history">The room's events.</param>
/// <param name="after">Sequence of the last event that the member has.</param>
/// <param name="gapless">Whether the member must get every event after <paramref name="after"/>. Otherwise events that are trimmed
/// meanwhile are left out at the beginning.</param>
internal sealed class CatchUp(RoomHistory history, long after, bool gapless) : ICatchUp
{
    // Bytes that are copied at a time for a member that catches up.
    private const int MaxCopyBytes = 64 * 1024;

    // Events that are read from the log at a time: 1.5 MB if they have the largest size.
    private const int EventsPerRead = 64;

    private bool _gapless = gapless;
    private bool _isReading;

    /// <summary>Sequence of the next event that the member gets.</summary>
    public long NextSeq { get; private set; } = after + 1;

    CatchUpResult ICatchUp.Continue(MemberSender member)
    {
        if (!_gapless)
            NextSeq = Math.Max(NextSeq, history.Oldest);
        while (NextSeq <= history.Seq && member.OutboxLength < MaxCopyBytes)
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

    private void ReadLog(MemberSender member)
    {
        if (_isReading)
            return;
        _isReading = true;
        history.Read(NextSeq - 1, EventsPerRead, page =>
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
            member.Push();
        });
    }
}
