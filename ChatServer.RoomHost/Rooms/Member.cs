using System.Buffers;
using ChatServer.Contracts;
using ChatServer.RoomHost.Sockets;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// One connection that has joined. It is a position in the room's ring; what only it is to get (welcome, what it missed, errors)
/// goes into a small outbox that is empty most of the time: then it is one of the ring's <see cref="Followers"/>. This part sends;
/// <c>Member.CatchUp.cs</c> finds what it missed, <c>Member.Frames.cs</c> receives.
/// </summary>
/// <remarks>Sending happens in the room's turn alone, so a member needs no lock, and frames never mix.</remarks>
internal sealed partial class Member
{
    // What is handed to the kernel to finish when a socket is full, at most; the rest waits as a position.
    private const int FinishBytes = 16 * 1024;

    // What may pile up for it alone (pongs, errors) while its socket is full: more, and it is cut off like one that lags.
    private const int MaxOwedBytes = 64 * 1024;

    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    private readonly Room _room;
    private readonly RoomConnection _connection;
    private Outbox _outbox;
    private byte[]? _farewell;
    private bool _sending, _ended;
    private volatile bool _leaving;
    private long _until = long.MaxValue;
    private long _closingSince;
    private long _cursor;

    public Member(Room room, RoomConnection connection, JoinRequest join)
    {
        _room = room;
        _connection = connection;
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

    /// <summary>Its place among those who follow the ring, which hold its cursor then; -1 while it needs more than that.</summary>
    public int Place { get; set; } = -1;

    /// <summary>Its place among those who need more than the ring; meaningless when it follows.</summary>
    public int Attended { get; set; }

    /// <summary>Those who follow its ring; set before it begins.</summary>
    public Followers Followers { private get; set; } = null!;

    /// <summary>Whether it reads compressed frames.</summary>
    public bool Deflates => _connection.Deflates;

    /// <summary>
    /// The least position that <paramref name="ring"/> must keep for it; the head when there is none. Not for one that is among the followers.
    /// </summary>
    public long Needs(RoomRing ring) => CatchUp == 0 && ring == Ring && _farewell is null && !_ended ? _cursor : ring.Head;

    private RoomRing Ring => Followers.Ring;

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
        if (_farewell is not null || _ended)
            return;
        Unfollow();
        _outbox.AddText(json);
    }

    /// <summary>Sends finished frames to it alone.</summary>
    public void SendFrames(ReadOnlySpan<byte> frames)
    {
        if (_farewell is not null || _ended)
            return;
        Unfollow();
        _outbox.Add(frames);
    }

    /// <summary>
    /// Closes it, after what it is owed up to now: a <c>closing</c> event (unless the peer itself ended it), the Close frame, and
    /// then the connection. Nothing that comes later reaches it.
    /// </summary>
    public void Close(ushort code, string reason, bool reconnect) => Close(code, reason, Events.Closing(_room.Scratch, reason, reconnect), Ring.Head);

    /// <summary>Closes it for breaking the protocol: the same, but nothing of what the others said goes before it.</summary>
    public void CloseNow(ushort code, string reason) => Close(code, reason, Events.Closing(_room.Scratch, reason, reconnect: false), until: 0);

    /// <summary>Answers the peer's Close frame: a Close frame and no more.</summary>
    public void Answer(ushort code) => Close(code, "", default, until: 0);

    /// <summary>The connection is gone.</summary>
    public void End()
    {
        Unfollow();
        _ended = true;
        _outbox.Clear();
    }

    /// <summary>Gives the connection's socket back. Nothing is sent from now on.</summary>
    public void Dispose() => _connection.Dispose();

    /// <summary>Cuts the connection off, without a word.</summary>
    public void Abort() => _connection.Abort();

    /// <summary>Sends as much as the socket takes: the outbox, what it missed, the ring, the farewell.</summary>
    public void Push()
    {
        if (Place >= 0)
        {
            Followers.Push(Place);
            return;
        }
        if ((CatchUp == 0 && _cursor < Math.Min(Ring.Tail, _until)) || (_sending && _outbox.Length > MaxOwedBytes))
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
            else if (CatchUp == 0 && _cursor < Math.Min(Ring.Head, _until))
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
            {
                Follow();
                return;
            }
        }
    }

    /// <summary>
    /// As a follower it was sent what lies before <paramref name="position"/>, and its socket takes no more now, or is
    /// <see cref="NonBlocking.Gone"/>.
    /// </summary>
    public void Stop(long position)
    {
        Unfollow();
        if (position == NonBlocking.Gone)
            End();
        else
            Finish(_cursor, position, Ring.Head);
    }

    // From now on the ring is all that it gets.
    private void Follow()
    {
        _room.Dismiss(this);
        Place = Followers.Add(this, _connection.Sends, _cursor);
    }

    // It needs something that is not in the ring, or is about to leave: the room looks after it alone.
    private void Unfollow()
    {
        if (Place < 0)
            return;
        _cursor = Followers.Remove(Place);
        Place = -1;
        _room.Attend(this);
    }

    private void Close(ushort code, string reason, ReadOnlySpan<byte> closing, long until)
    {
        if (_farewell is not null || _ended)
            return;
        Unfollow();
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

    private void PushRing()
    {
        var start = _cursor;
        var end = Math.Min(Ring.Head, _until);
        while (_cursor < end)
        {
            var bytes = Ring.Read(_cursor);
            if (bytes.Length > end - _cursor)
                bytes = bytes[..(int)(end - _cursor)];
            var sent = _connection.TrySend(bytes);
            if (sent < 0)
            {
                End();
                return;
            }
            if (sent < bytes.Length)
            {
                Finish(start, _cursor + sent, end);
                return;
            }
            _cursor += sent;
        }
    }

    // The socket is full. What must follow is the rest of the frame that was cut at this position; some more whole frames come along.
    private void Finish(long start, long position, long end)
    {
        _cursor = Ring.FrameEnd(start, position);
        while (_cursor == position || (_cursor < end && _cursor - position < FinishBytes))
            _cursor = Ring.FrameEnd(_cursor, _cursor + 1);
        var length = (int)(_cursor - position);
        var rest = ArrayPool<byte>.Shared.Rent(length);
        Ring.CopyTo(position, rest.AsSpan(0, length));
        _ = FinishAsync(rest, 0, length);
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
}
