using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>What a member missed: from the ring where that has it, else from the log. In the room's turn, like all sending.</summary>
internal sealed partial class Member
{
    // What is copied at a time for a member that catches up.
    private const int CatchUpBytes = 64 * 1024;

    // Events read from the log at a time: 1.5 MB if they are the largest there can be.
    private const int EventsPerLogRead = 64;

    private bool _readingLog, _gapless;

    /// <summary>The next event of the log that it gets, while it catches up; 0 once it follows the ring.</summary>
    public long CatchUpSeq { get; private set; }

    /// <summary>
    /// Sends it an event again that it has had, because it said it again; <paramref name="fallback"/> where the log has forgotten it. An
    /// event that it is yet to get comes by itself.
    /// </summary>
    public void Resend(long seq, ReadOnlyMemory<byte> fallback)
    {
        if (_closingFrames is not null || _disconnected)
            return;
        UnsubscribeFromRing();
        if (CatchUpSeq != 0 ? seq >= CatchUpSeq : Ring.TryFind(seq, out var position, out _) && position >= _cursor)
            return;
        if (_room.Ring.TryFind(seq, out position, out var length))
            _room.Ring.CopyTo(position, _outbox.Extend(length));
        else
            _room.ReadLog(seq - 1, 1, page =>
                Send(page is { Events: [var found, ..] } && found.Seq == seq ? found.Entry.Event.Span : fallback.Span));
    }

    // Puts some more of what it missed into the outbox: from the ring where that has it, else from the log. False: it has to wait.
    private bool FillOutbox()
    {
        if (!_gapless)
            CatchUpSeq = Math.Max(CatchUpSeq, _room.Oldest);
        while (CatchUpSeq <= _room.Seq && _outbox.Length < CatchUpBytes)
        {
            if (_room.Ring.TryFind(CatchUpSeq, out var position, out var length))
            {
                _room.Ring.CopyTo(position, _outbox.Extend(length));
                CatchUpSeq++;
                _gapless = true;
            }
            else if (!_outbox.IsEmpty)
                return true;
            else
                return ReadMissedFromLog();
        }
        if (CatchUpSeq <= _room.Seq)
            return true;
        CatchUpSeq = 0;
        _cursor = Ring.Head;
        return true;
    }

    private bool ReadMissedFromLog()
    {
        if (_readingLog)
            return false;
        _readingLog = true;
        _room.ReadLog(CatchUpSeq - 1, EventsPerLogRead, page =>
        {
            _readingLog = false;
            if (page is not { Events: [var first, ..] } || (first.Seq != CatchUpSeq && _gapless))
            {
                Close(CloseCodes.TooSlow, "too-slow", reconnect: true);
            }
            else
            {
                foreach (var (seq, entry) in page.Events)
                {
                    // The log is ahead of the room while an append's answer is on its way; what that holds comes by the ring.
                    if (seq > _room.Seq)
                        break;
                    Send(entry.Event.Span);
                    CatchUpSeq = seq + 1;
                    _gapless = true;
                }
            }
            Push();
        });
        return false;
    }
}
