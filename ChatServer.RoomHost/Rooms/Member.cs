using System.Buffers;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Rings;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// One connection that has joined. It is a position in the room's ring; what only it is to get (welcome, what it missed, errors)
/// goes into a small outbox that is empty most of the time: then it is one of the ring's <see cref="Subscribers"/>. This part sends;
/// <c>Member.CatchUp.cs</c> finds what it missed, <c>Member.Frames.cs</c> receives.
/// </summary>
/// <remarks>Sending happens in the room's turn alone, so a member needs no lock, and frames never mix.</remarks>
internal sealed partial class Member
{
    // What is handed to the kernel to finish when a socket is full, at most; the rest waits as a position.
    private const int MaxRemainderBytes = 16 * 1024;

    // What may pile up for it alone (pongs, errors) while its socket is full: more, and it is cut off like one that lags.
    private const int MaxOutboxBytes = 64 * 1024;

    private static readonly TimeSpan CloseLinger = TimeSpan.FromSeconds(2);

    private readonly Room _room;
    private readonly RoomConnection _connection;
    private MemberOutbox _outbox;
    private byte[]? _closingFrames;
    private bool _sending, _disconnected;
    private volatile bool _closing;
    private long _sendUpTo = long.MaxValue;
    private long _closingSince;
    private long _cursor;

    public Member(Room room, RoomConnection connection, JoinRequest join)
    {
        _room = room;
        _connection = connection;
        Join = join;
        SessionBytes = System.Text.Encoding.UTF8.GetBytes(join.Session);
        _messageBucket = new TokenBucket(room.Options.MessagesPerSecond, room.Options.MessageBurst);
        _controlFrameBucket = new TokenBucket(room.Options.MessagesPerSecond * 5,
            Math.Max(room.Options.MessageBurst, room.Options.MessagesPerSecond * 5));
        _receivedAt = room.Time.GetTimestamp();
    }

    public JoinRequest Join { get; }

    /// <summary>Set in the room's turn when it sits down, before anything it said is sequenced.</summary>
    public Seat? Seat { get; set; }

    /// <summary>Its place in the room's list of members; -1 when it is not in it.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Its place among those who follow the ring, which hold its cursor then; -1 while it needs more than that.</summary>
    public int SubscriberIndex { get; set; } = -1;

    /// <summary>Its place among those who need more than the ring; meaningless when it follows.</summary>
    public int IndividualIndex { get; set; }

    /// <summary>Those who follow its ring; set before it begins.</summary>
    public RingSubscribers Subscribers { private get; set; } = null!;

    /// <summary>Whether it reads compressed frames.</summary>
    public bool UsesDeflate => _connection.UsesDeflate;

    /// <summary>
    /// The least position that <paramref name="ring"/> must keep for it; the head when there is none. Not for one that is among the followers.
    /// </summary>
    public long OldestNeeded(FrameRing ring) => CatchUpSeq == 0 && ring == Ring && _closingFrames is null
        && !_disconnected ? _cursor : ring.Head;

    private FrameRing Ring => Subscribers.Ring;

    /// <summary>How long it has been on its way out; zero when it is not.</summary>
    public TimeSpan ClosingFor => _closingFrames is null ? TimeSpan.Zero : _room.Time.GetElapsedTime(_closingSince);

    /// <summary>
    /// Starts it on its way: everything after <paramref name="after"/> from the log, then the ring. Unless <paramref name="gapless"/>, it may
    /// begin later, should the log have been trimmed meanwhile.
    /// </summary>
    public void StartSending(ReadOnlySpan<byte> welcome, long after, bool gapless)
    {
        _gapless = gapless;
        if (!welcome.IsEmpty)
            _outbox.AddText(welcome);
        CatchUpSeq = after + 1;
    }

    /// <summary>Sends a frame to it alone.</summary>
    public void Send(ReadOnlySpan<byte> json)
    {
        if (_closingFrames is not null || _disconnected)
            return;
        UnsubscribeFromRing();
        _outbox.AddText(json);
    }

    /// <summary>Sends finished frames to it alone.</summary>
    public void SendFrames(ReadOnlySpan<byte> frames)
    {
        if (_closingFrames is not null || _disconnected)
            return;
        UnsubscribeFromRing();
        _outbox.Add(frames);
    }

    /// <summary>
    /// Closes it, after what it is owed up to now: a <c>closing</c> event (unless the peer itself ended it), the Close frame, and
    /// then the connection. Nothing that comes later reaches it.
    /// </summary>
    public void Close(ushort code, string reason, bool reconnect) =>
        Close(code, reason, EventJson.Closing(_room.Scratch, reason, reconnect), Ring.Head);

    /// <summary>Closes it for breaking the protocol: the same, but nothing of what the others said goes before it.</summary>
    public void CloseNow(ushort code, string reason) =>
        Close(code, reason, EventJson.Closing(_room.Scratch, reason, reconnect: false), until: 0);

    /// <summary>Answers the peer's Close frame: a Close frame and no more.</summary>
    public void AnswerClose(ushort code) => Close(code, "", default, until: 0);

    /// <summary>The connection is gone.</summary>
    public void OnDisconnected()
    {
        UnsubscribeFromRing();
        _disconnected = true;
        _outbox.Clear();
    }

    /// <summary>Gives the connection's socket back. Nothing is sent from now on.</summary>
    public void Dispose() => _connection.Dispose();

    /// <summary>Cuts the connection off, without a word.</summary>
    public void Abort() => _connection.Abort();

    /// <summary>Sends as much as the socket takes: the outbox, what it missed, the ring, the farewell.</summary>
    public void Push()
    {
        if (SubscriberIndex >= 0)
        {
            Subscribers.Push(SubscriberIndex);
            return;
        }
        if ((CatchUpSeq == 0 && _cursor < Math.Min(Ring.Tail, _sendUpTo)) || (_sending && _outbox.Length > MaxOutboxBytes))
        {
            // Overtaken, or it asks and does not read. One that is on its way out already loses what it was still owed.
            Close(CloseCodes.TooSlow, "too-slow", EventJson.Closing(_room.Scratch, "too-slow", reconnect: true), until: 0);
            _sendUpTo = 0;
            _outbox.Clear();
        }
        while (!_sending && !_disconnected)
        {
            if (!_outbox.IsEmpty)
                PushOutbox();
            else if (CatchUpSeq != 0 && _closingFrames is null)
            {
                if (!FillOutbox())
                    return;
            }
            else if (CatchUpSeq == 0 && _cursor < Math.Min(Ring.Head, _sendUpTo))
                PushRing();
            else if (_closingFrames is { } farewell)
            {
                _sendUpTo = 0;
                CatchUpSeq = 0;
                _outbox.Add(farewell);
                _closingFrames = [];
                if (farewell.Length > 0)
                    continue;
                _outbox.Clear();
                _disconnected = true;
                _connection.Close(CloseLinger);
            }
            else
            {
                SubscribeToRing();
                return;
            }
        }
    }

    /// <summary>
    /// As a follower it was sent what lies before <paramref name="position"/>, and its socket takes no more now, or is
    /// <see cref="NonBlockingSocket.ConnectionGone"/>.
    /// </summary>
    public void OnSocketFull(long position)
    {
        UnsubscribeFromRing();
        if (position == NonBlockingSocket.ConnectionGone)
            OnDisconnected();
        else
            SendRemainder(_cursor, position, Ring.Head);
    }

    // From now on the ring is all that it gets.
    private void SubscribeToRing()
    {
        _room.StopServingIndividually(this);
        SubscriberIndex = Subscribers.Add(this, _connection.SendSocket, _cursor);
    }

    // It needs something that is not in the ring, or is about to leave: the room looks after it alone.
    private void UnsubscribeFromRing()
    {
        if (SubscriberIndex < 0)
            return;
        _cursor = Subscribers.Remove(SubscriberIndex);
        SubscriberIndex = -1;
        _room.ServeIndividually(this);
    }

    private void Close(ushort code, string reason, ReadOnlySpan<byte> closing, long until)
    {
        if (_closingFrames is not null || _disconnected)
            return;
        UnsubscribeFromRing();
        var frames = new MemberOutbox();
        if (!closing.IsEmpty)
            frames.AddText(closing);
        frames.Add(FrameWriter.Close(code, reason));
        _closingFrames = frames.Bytes.ToArray();
        frames.Clear();
        _sendUpTo = until;
        _closingSince = _room.Time.GetTimestamp();
        _closing = true;
    }

    private void PushOutbox()
    {
        var sent = _connection.TrySend(_outbox.Bytes);
        if (sent < 0)
        {
            OnDisconnected();
            return;
        }
        if (sent == _outbox.Length)
        {
            _outbox.Clear();
            return;
        }
        var length = _outbox.Length;
        _ = SendRemainderAsync(_outbox.Take(), sent, length);
    }

    private void PushRing()
    {
        var start = _cursor;
        var end = Math.Min(Ring.Head, _sendUpTo);
        while (_cursor < end)
        {
            var bytes = Ring.Read(_cursor);
            if (bytes.Length > end - _cursor)
                bytes = bytes[..(int)(end - _cursor)];
            var sent = _connection.TrySend(bytes);
            if (sent < 0)
            {
                OnDisconnected();
                return;
            }
            if (sent < bytes.Length)
            {
                SendRemainder(start, _cursor + sent, end);
                return;
            }
            _cursor += sent;
        }
    }

    // The socket is full. What must follow is the rest of the frame that was cut at this position; some more whole frames come along.
    private void SendRemainder(long start, long position, long end)
    {
        _cursor = Ring.FrameEnd(start, position);
        while (_cursor == position || (_cursor < end && _cursor - position < MaxRemainderBytes))
            _cursor = Ring.FrameEnd(_cursor, _cursor + 1);
        var length = (int)(_cursor - position);
        var rest = ArrayPool<byte>.Shared.Rent(length);
        Ring.CopyTo(position, rest.AsSpan(0, length));
        _ = SendRemainderAsync(rest, 0, length);
    }

    // Waits, outside of the room's turn, until the kernel has taken the rest. Meanwhile the member costs the others nothing.
    private async Task SendRemainderAsync(byte[] bytes, int from, int to)
    {
        _sending = true;
        var sent = await _connection.SendAsync(bytes.AsMemory(from, to - from));
        ArrayPool<byte>.Shared.Return(bytes);
        _room.Post(() =>
        {
            _sending = false;
            if (!sent)
                OnDisconnected();
            Push();
        });
    }
}
