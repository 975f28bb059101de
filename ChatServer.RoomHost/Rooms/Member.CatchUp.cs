using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>What a member missed: from the ring where that has it, else from the log. In the room's turn, like all sending.</summary>
internal sealed partial class Member
{
    // What is copied at a time for a member that catches up.
    private const int CatchUpBytes = 64 * 1024;

    // Events read from the log at a time: 1.5 MB if they are the largest there can be.
    private const int EventsARead = 64;

    private bool _reading, _gapless;

    /// <summary>The next event of the log that it gets, while it catches up; 0 once it follows the ring.</summary>
    public long CatchUp { get; private set; }

    /// <summary>
    /// Sends it an event again that it has had, because it said it again; <paramref name="anew"/> where the log has forgotten it. An event
    /// that it is yet to get comes by itself.
    /// </summary>
    public void SendAgain(long seq, ReadOnlyMemory<byte> anew)
    {
        if (_farewell is not null || _ended)
            return;
        Unfollow();
        if (CatchUp != 0 ? seq >= CatchUp : Ring.TryFind(seq, out var position, out _) && position >= _cursor)
            return;
        if (_room.Ring.TryFind(seq, out position, out var length))
            _room.Ring.CopyTo(position, _outbox.Extend(length));
        else
            _room.ReadLog(seq - 1, 1, page =>
                Send(page is { Events: [var found, ..] } && found.Seq == seq ? found.Entry.Event.Span : anew.Span));
    }

    // Puts some more of what it missed into the outbox: from the ring where that has it, else from the log. False: it has to wait.
    private bool FillFromLog()
    {
        if (!_gapless)
            CatchUp = Math.Max(CatchUp, _room.Oldest);
        while (CatchUp <= _room.Seq && _outbox.Length < CatchUpBytes)
        {
            if (_room.Ring.TryFind(CatchUp, out var position, out var length))
            {
                _room.Ring.CopyTo(position, _outbox.Extend(length));
                CatchUp++;
                _gapless = true;
            }
            else if (!_outbox.IsEmpty)
                return true;
            else
                return ReadMissed();
        }
        if (CatchUp <= _room.Seq)
            return true;
        CatchUp = 0;
        _cursor = Ring.Head;
        return true;
    }

    private bool ReadMissed()
    {
        if (_reading)
            return false;
        _reading = true;
        _room.ReadLog(CatchUp - 1, EventsARead, page =>
        {
            _reading = false;
            if (page is not { Events: [var first, ..] } || (first.Seq != CatchUp && _gapless))
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
                    CatchUp = seq + 1;
                    _gapless = true;
                }
            }
            Push();
        });
        return false;
    }
}
