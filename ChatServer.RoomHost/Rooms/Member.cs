using System.Buffers;
using ChatServer.Contracts;
using ChatServer.RoomHost.Sockets;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// One connection that has joined. It is a position in the room's ring; what only it is to get (welcome, what it missed, errors)
/// goes into a small outbox that is empty most of the time. This half sends; <c>Member.Frames.cs</c> receives.
/// </summary>
/// <remarks>Sending happens in the room's turn alone, so a member needs no lock, and frames never mix.</remarks>
internal sealed partial class Member
{
    // What is handed to the kernel to finish when a socket is full, at most; the rest waits as a position.
    private const int FinishBytes = 16 * 1024;

    // What is copied at a time for a member that catches up.
    private const int CatchUpBytes = 64 * 1024;

    // What may pile up for it alone (pongs, errors) while its socket is full: more, and it is cut off like one that lags.
    private const int MaxOwedBytes = 64 * 1024;

    // Events read from the log at a time: 1.5 MB if they are the largest there can be.
    private const int EventsARead = 64;

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly Room _room;
    private readonly RoomConnection _connection;
    private Outbox _outbox;
    private byte[]? _farewell;
    private bool _sending, _ended, _reading, _gapless;
    private volatile bool _leaving;
    private long _until = long.MaxValue;
    private long _closingSince;

    public Member(Room room, RoomConnection connection, JoinRequest join)
    {
        _room = room;
        _connection = connection;
        Ring = room.Ring;
        Join = join;
        SessionBytes = System.Text.Encoding.UTF8.GetBytes(join.Session);
        _bucket = new TokenBucket(room.Options.MessagesPerSecond, room.Options.MessageBurst);
        _otherFrames = new TokenBucket(room.Options.MessagesPerSecond * 5, Math.Max(room.Options.MessageBurst, room.Options.MessagesPerSecond * 5));
        _heardAt = room.Time.GetTimestamp();
    }

    public JoinRequest Join { get; }

    /// <summary>Set in the room's turn when it sits down, before anything it said is sequenced.</summary>
    public Seat? Seat { get; set; }

    /// <summary>Its place in the room's list of members; -1 when it is not in it.</summary>
    public int Index { get; set; } = -1;

    /// <summary>The next byte of the ring that it gets. Always the beginning of a frame.</summary>
    public long Cursor { get; private set; }

    /// <summary>The next event of the log that it gets, while it catches up; 0 once it follows the ring.</summary>
    public long CatchUp { get; private set; }

    /// <summary>Whether it reads compressed frames.</summary>
    public bool Deflates => _connection.Deflates;

    /// <summary>The ring that its cursor is in; it is set before it begins.</summary>
    public RoomRing Ring { private get; set; }

    /// <summary>Whether <paramref name="ring"/> must keep what lies behind <see cref="Cursor"/> for it.</summary>
    public bool IsFollowing(RoomRing ring) => CatchUp == 0 && ring == Ring && _farewell is null && !_ended;

    /// <summary>How long it has been on its way out; zero when it is not.</summary>
    public TimeSpan ClosingFor => _farewell is null ? TimeSpan.Zero : _room.Time.GetElapsedTime(_closingSince);

    /// <summary>
    /// Starts it on its way: everything after <paramref name="after"/> from the log, then the ring. Unless <paramref name="gapless"/>, it may
    /// begin later, should the log have been trimmed meanwhile.
    /// </summary>
    public void Begin(ReadOnlySpan<byte> welcome, long after, bool gapless)
    {
        _gapless = gapless;
        if (!welcome.IsEmpty)
            _outbox.AddText(welcome);
        CatchUp = after + 1;
    }

    /// <summary>Sends a frame to it alone.</summary>
    public void Send(ReadOnlySpan<byte> json)
    {
        if (_farewell is null && !_ended)
            _outbox.AddText(json);
    }

    /// <summary>Sends finished frames to it alone.</summary>
    public void SendFrames(ReadOnlySpan<byte> frames)
    {
        if (_farewell is null && !_ended)
            _outbox.Add(frames);
    }

    /// <summary>
    /// Sends it an event again that it has had, because it said it again; <paramref name="anew"/> where the log has forgotten it. An event
    /// that it is yet to get comes by itself.
    /// </summary>
    public void SendAgain(long seq, ReadOnlyMemory<byte> anew)
    {
        var toCome = CatchUp != 0 ? seq >= CatchUp : Ring.TryFind(seq, out var position, out _) && position >= Cursor;
        if (toCome || _farewell is not null || _ended)
            return;
        if (_room.Ring.TryFind(seq, out position, out var length))
            _room.Ring.CopyTo(position, _outbox.Extend(length));
        else
            _room.ReadLog(seq - 1, 1, page =>
                Send(page is { Events: [var found, ..] } && found.Seq == seq ? found.Entry.Event.Span : anew.Span));
    }

    /// <summary>
    /// Closes it, after what it is owed up to now: a <c>closing</c> event (unless the peer itself ended it), the Close frame, and
    /// then the connection. Nothing that comes later reaches it.
    /// </summary>
    public void Close(ushort code, string reason, bool reconnect) => Close(code, reason, Events.Closing(_room.Scratch, reason, reconnect), Ring.Head);

    /// <summary>Closes it for breaking the protocol: the same, but nothing of what the others said goes before it.</summary>
    public void CloseNow(ushort code, string reason) => Close(code, reason, Events.Closing(_room.Scratch, reason, reconnect: false), Cursor);

    /// <summary>Answers the peer's Close frame: a Close frame and no more.</summary>
    public void Answer(ushort code) => Close(code, "", default, Cursor);

    /// <summary>The connection is gone.</summary>
    public void End()
    {
        _ended = true;
        _outbox.Clear();
    }

    /// <summary>Cuts the connection off, without a word.</summary>
    public void Abort() => _connection.Abort();

    /// <summary>Sends as much as the socket takes: the outbox, what it missed, the ring, the farewell.</summary>
    public void Push()
    {
        if ((CatchUp == 0 && Cursor < Math.Min(Ring.Tail, _until)) || (_sending && _outbox.Length > MaxOwedBytes))
        {
            // Overtaken, or it asks and does not read. One that is on its way out already loses what it was still owed.
            Close(CloseCodes.TooSlow, "too-slow", Events.Closing(_room.Scratch, "too-slow", reconnect: true), until: 0);
            _until = 0;
            _outbox.Clear();
        }
        while (!_sending && !_ended)
        {
            if (!_outbox.IsEmpty)
                PushOutbox();
            else if (CatchUp != 0 && _farewell is null)
            {
                if (!FillFromLog())
                    return;
            }
            else if (CatchUp == 0 && Cursor < Math.Min(Ring.Head, _until))
                PushRing();
            else if (_farewell is { } farewell)
            {
                _until = 0;
                CatchUp = 0;
                _outbox.Add(farewell);
                _farewell = [];
                if (farewell.Length > 0)
                    continue;
                _outbox.Clear();
                _ended = true;
                _connection.Close(Linger);
            }
            else
                return;
        }
    }

    private void Close(ushort code, string reason, ReadOnlySpan<byte> closing, long until)
    {
        if (_farewell is not null || _ended)
            return;
        var frames = new Outbox();
        if (!closing.IsEmpty)
            frames.AddText(closing);
        frames.Add(FrameWriter.Close(code, reason));
        _farewell = frames.Bytes.ToArray();
        frames.Clear();
        _until = until;
        _closingSince = _room.Time.GetTimestamp();
        _leaving = true;
    }

    private void PushOutbox()
    {
        var sent = _connection.TrySend(_outbox.Bytes);
        if (sent < 0)
        {
            End();
            return;
        }
        if (sent == _outbox.Length)
        {
            _outbox.Clear();
            return;
        }
        var length = _outbox.Length;
        _ = FinishAsync(_outbox.Take(), sent, length);
    }

    // :: Step 4 of a message's way. One send for everything between the cursor and the head (two where the ring wraps).
    private void PushRing()
    {
        var start = Cursor;
        var position = Cursor;
        var end = Math.Min(Ring.Head, _until);
        while (position < end)
        {
            var bytes = Ring.Read(position);
            if (bytes.Length > end - position)
                bytes = bytes[..(int)(end - position)];
            var sent = _connection.TrySend(bytes);
            if (sent < 0)
            {
                End();
                return;
            }
            position += sent;
            if (sent == bytes.Length)
                continue;

            // The socket is full. What must follow is the rest of the frame that was cut; some more whole frames come along.
            Cursor = Ring.FrameEnd(start, position);
            while (Cursor == position || (Cursor < end && Cursor - position < FinishBytes))
                Cursor = Ring.FrameEnd(Cursor, Cursor + 1);
            var length = (int)(Cursor - position);
            var rest = ArrayPool<byte>.Shared.Rent(length);
            Ring.CopyTo(position, rest.AsSpan(0, length));
            _ = FinishAsync(rest, 0, length);
            return;
        }
        Cursor = position;
    }

    // Waits, outside of the room's turn, until the kernel has taken the rest. Meanwhile the member costs the others nothing.
    private async Task FinishAsync(byte[] bytes, int from, int to)
    {
        _sending = true;
        var sent = await _connection.SendAsync(bytes.AsMemory(from, to - from));
        ArrayPool<byte>.Shared.Return(bytes);
        _room.Post(() =>
        {
            _sending = false;
            if (!sent)
                End();
            Push();
        });
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
        Cursor = Ring.Head;
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
