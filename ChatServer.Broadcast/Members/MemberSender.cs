using System.Buffers;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Rings;
using ChatServer.Contracts;

namespace ChatServer.Broadcast.Members;

/// <summary>
/// Sends to one member. A member that keeps up is a cursor in a ring (<see cref="RingSubscribers"/>). This object sends what the ring does
/// not have (an outbox of frames for this member, missed events, the end of the connection) and what a full socket did not take.
/// </summary>
/// <remarks>Only turns call it, so it needs no lock and frames never mix.</remarks>
internal sealed class MemberSender
{
    // Bytes that are given to the kernel to send when a socket is full, whole frames; the rest of the backlog is a position in the ring.
    private const int MaxRemainderBytes = 16 * 1024;

    // Bytes of the outbox while the socket is full. A member that requests more without reading is closed as too slow.
    private const int MaxOutboxBytes = 64 * 1024;

    private static readonly TimeSpan CloseLinger = TimeSpan.FromSeconds(2);

    private readonly Broadcaster _broadcaster;
    private readonly RoomConnection _connection;
    private MemberOutbox _outbox;
    private byte[]? _closingFrames; // set when the member is being closed; empty when they are in the outbox
    private bool _sending, _disconnected;
    private volatile bool _isClosing;
    private long _sendUpTo = long.MaxValue; // the ring is sent up to this position before the closing frames
    private long _closingSince;
    private long _sendingSince, _headAtSend; // when the kernel did not take everything: a timestamp, and the ring's head
    private long _cursor; // while it is not a subscriber

    public MemberSender(RoomConnection connection, Broadcaster broadcaster) => (_connection, _broadcaster) = (connection, broadcaster);

    /// <summary>Whether it is being closed. May be read on any thread.</summary>
    public bool IsClosing => _isClosing;

    /// <summary>Time since its close began; zero if it is not being closed.</summary>
    public TimeSpan ClosingFor => _closingFrames is null ? TimeSpan.Zero : _broadcaster.Time.GetElapsedTime(_closingSince);

    /// <summary>Its missed events; null once it follows the ring.</summary>
    public ICatchUp? CatchUp { get; private set; }

    /// <summary>Time since the member last sent something.</summary>
    public TimeSpan SilentFor => _connection.SilentFor;

    public bool UsesDeflate => _connection.UsesDeflate;

    /// <summary>
    /// Time for which the member, while it catches up, has not read what was sent to it; zero if it reads. The ring cannot overtake such a
    /// member, because it does not follow the ring yet.
    /// </summary>
    public TimeSpan StalledFor =>
        _sending && CatchUp is not null && !HasEnded ? _broadcaster.Time.GetElapsedTime(_sendingSince) : TimeSpan.Zero;

    /// <summary>Bytes that wait in the outbox.</summary>
    public int OutboxLength => _outbox.Length;

    /// <summary>Index in <see cref="Broadcaster"/>'s list of members; -1 if it is not in it.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Index among the subscribers of its ring, which hold its cursor then; -1 while it is served individually.</summary>
    public int SubscriberIndex { get; set; } = -1;

    /// <summary>Index among the members that are served individually; without meaning for a subscriber.</summary>
    public int IndividualIndex { get; set; }

    /// <summary>The subscribers of the ring that it reads. Set before <see cref="Start"/>.</summary>
    public RingSubscribers Subscribers { private get; set; } = null!;

    private FrameRing Ring => Subscribers.Ring;

    /// <summary>Whether its close began or its connection is gone: nothing more is sent to it.</summary>
    public bool HasEnded => _closingFrames is not null || _disconnected;

    /// <summary>
    /// The lowest position that <paramref name="ring"/> must keep for this member; its head if there is none. Not for subscribers.
    /// </summary>
    public long OldestNeeded(FrameRing ring) => CatchUp is null && ring == Ring && !HasEnded ? _cursor : ring.Head;

    /// <summary>Starts to send: <paramref name="first"/>, then the missed events, then the ring.</summary>
    /// <param name="first">A text frame's JSON; empty for none.</param>
    /// <param name="catchUp">Gives the missed events.</param>
    public void Start(ReadOnlySpan<byte> first, ICatchUp catchUp)
    {
        if (!first.IsEmpty)
            _outbox.AddText(first);
        CatchUp = catchUp;
    }

    /// <summary>Sends a text frame to this member only.</summary>
    public void Send(ReadOnlySpan<byte> json)
    {
        if (HasEnded)
            return;
        ServeIndividually();
        _outbox.AddText(json);
    }

    /// <summary>Sends finished frames to this member only.</summary>
    public void SendFrames(ReadOnlySpan<byte> frames)
    {
        if (HasEnded)
            return;
        ServeIndividually();
        _outbox.Add(frames);
    }

    /// <summary>
    /// Sends an event to this member only if the plain ring holds it; else returns false. Also before <see cref="Start"/> ends.
    /// </summary>
    public bool TrySendFromRing(long seq)
    {
        if (!_broadcaster.Ring.TryFind(seq, out var position, out var length))
            return false;
        if (HasEnded)
            return true;
        ServeIndividually();
        _broadcaster.Ring.CopyTo(position, _outbox.Extend(length));
        return true;
    }

    /// <summary>
    /// Whether the member gets the event from its ring without further action: the event is in the ring, after the member's cursor.
    /// </summary>
    public bool WillSendFromRing(long seq)
    {
        ServeIndividually();
        return CatchUp is null && Ring.TryFind(seq, out var position, out _) && position >= _cursor;
    }

    /// <summary>Closes the member after everything that is in its ring now: a <c>closing</c> event, a Close frame, the end.</summary>
    public void Close(ushort code, string reason, bool reconnect) => Close(ClosingFrames.Of(code, reason, reconnect), Ring.Head);

    /// <summary>Closes the member without the bytes of the ring that it did not get yet.</summary>
    public void CloseNow(ushort code, string reason, bool reconnect = false) => Close(ClosingFrames.Of(code, reason, reconnect), until: 0);

    /// <summary>Answers a Close frame of the member with a Close frame.</summary>
    public void AnswerClose(ushort code) => Close(FrameWriter.Close(code, ""), until: 0);

    /// <summary>The connection is gone.</summary>
    public void OnDisconnected()
    {
        ServeIndividually();
        _disconnected = true;
        _outbox.Clear();
    }

    /// <summary>Ends the connection without a Close frame.</summary>
    public void Abort() => _connection.Abort();

    /// <summary>Releases the socket. Nothing may be sent after this call.</summary>
    public void Release() => _connection.Dispose();

    /// <summary>Sends what the socket takes: the outbox, missed events, the ring, the closing frames.</summary>
    public void Push()
    {
        if (SubscriberIndex >= 0)
        {
            Subscribers.Push(SubscriberIndex);
            return;
        }
        CloseIfTooSlow();
        while (!_sending && !_disconnected)
        {
            if (!_outbox.IsEmpty)
                PushOutbox();
            else if (CatchUp is { } catchUp && _closingFrames is null)
            {
                if (!ContinueCatchUp(catchUp))
                    return;
            }
            else if (CatchUp is null && _cursor < Math.Min(Ring.Head, _sendUpTo))
                PushRing();
            else if (_closingFrames is { } closing)
                PushClosingFrames(closing);
            else
            {
                Subscribe();
                return;
            }
        }
    }

    /// <summary>As a subscriber it was sent everything before <paramref name="position"/>; its socket takes no more now, or is
    /// <see cref="NonBlockingSocket.ConnectionGone"/>.</summary>
    public void OnSocketFull(long position)
    {
        ServeIndividually();
        if (position == NonBlockingSocket.ConnectionGone)
            OnDisconnected();
        else
            SendRemainder(_cursor, position, Ring.Head);
    }

    private void CloseIfTooSlow()
    {
        var isOvertaken = CatchUp is null
            ? _cursor < Math.Min(Ring.Tail, _sendUpTo)
            : _sending && Ring.Head - _headAtSend > _broadcaster.MaxRingBytes;
        if (!isOvertaken && !(_sending && _outbox.Length > MaxOutboxBytes))
            return;
        // A member that is being closed loses the rest of its backlog.
        CloseNow(CloseCodes.TooSlow, "too-slow", reconnect: true);
        _sendUpTo = 0;
        _outbox.Clear();
    }

    // False: the catch-up waits for events.
    private bool ContinueCatchUp(ICatchUp catchUp)
    {
        switch (catchUp.Continue(this))
        {
            case CatchUpResult.Waiting:
                return false;
            case CatchUpResult.Complete:
                CatchUp = null;
                _cursor = Ring.Head;
                return true;
            default:
                return true;
        }
    }

    private void Close(byte[] closing, long until)
    {
        if (HasEnded)
            return;
        ServeIndividually();
        _closingFrames = closing;
        _sendUpTo = until;
        _closingSince = _broadcaster.Time.GetTimestamp();
        _isClosing = true;
    }

    private void PushClosingFrames(byte[] closing)
    {
        _sendUpTo = 0;
        CatchUp = null;
        _closingFrames = [];
        if (closing.Length > 0)
        {
            _outbox.Add(closing);
            return;
        }
        _outbox.Clear();
        _disconnected = true;
        _connection.Close(CloseLinger);
    }

    // From now on the ring is all that it gets.
    private void Subscribe()
    {
        _broadcaster.StopServingIndividually(this);
        SubscriberIndex = Subscribers.Add(this, _connection.SendSocket, _cursor);
    }

    private void ServeIndividually()
    {
        if (SubscriberIndex < 0)
            return;
        _cursor = Subscribers.Remove(SubscriberIndex);
        SubscriberIndex = -1;
        _broadcaster.ServeIndividually(this);
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

    // The socket is full. The rest of the frame that was cut at this position must follow; some whole frames are sent with it.
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

    // Waits outside of the turn until the kernel has taken the bytes.
    private async Task SendRemainderAsync(byte[] bytes, int from, int to)
    {
        _sending = true;
        _sendingSince = _broadcaster.Time.GetTimestamp();
        _headAtSend = Ring.Head;
        var sent = await _connection.SendAsync(bytes.AsMemory(from, to - from));
        ArrayPool<byte>.Shared.Return(bytes);
        _broadcaster.Turns.Post(() =>
        {
            _sending = false;
            if (!sent)
                OnDisconnected();
            Push();
        });
    }
}
