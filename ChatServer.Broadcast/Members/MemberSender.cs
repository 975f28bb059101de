using System.Buffers;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Rings;
using ChatServer.Contracts;
using ChatServer.Metrics;

namespace ChatServer.Broadcast.Members;

/// <summary>
/// Sends to one member. A member that keeps up is a cursor in a ring (<see cref="RingSubscribers"/>). This object sends what the ring does
/// not have (an outbox of frames for this member, missed events, the end of the connection) and what a full socket did not take.
/// </summary>
/// <remarks>Only turns call it, so it needs no lock and frames never mix.</remarks>
internal sealed class MemberSender : IMemberSender
{
    // Bytes that are given to the kernel to send when a socket is full, whole frames; the rest of the backlog is a position in the ring.
    private const int MaxRemainderBytes = 16 * 1024;

    private static readonly TimeSpan CloseLinger = TimeSpan.FromSeconds(2);

    private readonly Broadcaster _broadcaster;
    private readonly RoomConnection _connection;
    private MemberOutbox _outbox;
    private byte[]? _closingFrames; // set when the member is being closed; empty when they are in the outbox
    private bool _sending, _disconnected;
    private bool _isCounted; // as an open connection
    private ushort _closeCode = ConnectionMetrics.NoCloseFrame;
    private volatile bool _isClosing;
    private long _sendUpTo = long.MaxValue; // the ring is sent up to this position before the closing frames
    private long _closingSince;
    private long _sendingSince, _headAtSend; // when the kernel did not take everything: a timestamp, and the ring's head
    private long _cursor; // while it is not a subscriber

    private long _outboxAfter; // the ring is sent up to this position before the outbox
    private long _outboxCovers; // and is continued at this one after it: the outbox has the bytes between

    /// <param name="connection">The member's connection.</param>
    /// <param name="broadcaster">Sends to all members of the room.</param>
    /// <param name="usesDeflate">Whether compressed messages were negotiated; null if the connection is detached and knows it.</param>
    public MemberSender(RoomConnection connection, Broadcaster broadcaster, bool? usesDeflate = null) =>
        (_connection, _broadcaster, UsesDeflate) = (connection, broadcaster, usesDeflate ?? connection.UsesDeflate);

    /// <summary>Bytes of the outbox while the socket is full. A member that requests more without reading is closed as too slow.</summary>
    public int MaxOutboxBytes { get; init; } = 64 * 1024;

    /// <summary>The last frames of the connection, for a code, a reason, and whether to reconnect.</summary>
    public Func<ushort, string, bool, byte[]> ClosingFrames { get; init; } = Frames.ClosingFrames.Of;

    /// <summary>Whether it is the connection of a load balancer, which metrics count apart.</summary>
    public bool IsRelay { get; init; }

    /// <summary>
    /// Whether a frame for this recipient must not be sent after bytes that are added to the ring later. Otherwise it may join frames that
    /// wait in the outbox already.
    /// </summary>
    public bool KeepsOrder { get; init; }

    /// <summary>Silence after which it is closed; null for that of its <see cref="KeepAlive"/>.</summary>
    public TimeSpan? SilenceTimeout { get; init; }

    /// <summary>While set, nothing is sent: the connection is not detached yet.</summary>
    public bool IsHeld { get; set; }

    public bool IsClosing => _isClosing;

    /// <summary>Time since its close began; zero if it is not being closed.</summary>
    public TimeSpan ClosingFor => _closingFrames is null ? TimeSpan.Zero : _broadcaster.Time.GetElapsedTime(_closingSince);

    public ICatchUp? CatchUp { get; private set; }

    /// <summary>Time since the member last sent something.</summary>
    public TimeSpan SilentFor => _connection.SilentFor;

    /// <summary>Whether it reads the ring of compressed frames.</summary>
    public bool UsesDeflate { get; }

    /// <summary>
    /// Time for which the member, while it catches up, has not read what was sent to it; zero if it reads. The ring cannot overtake such a
    /// member, because it does not follow the ring yet.
    /// </summary>
    public TimeSpan StalledFor =>
        _sending && CatchUp is not null && !HasEnded ? _broadcaster.Time.GetElapsedTime(_sendingSince) : TimeSpan.Zero;

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

    public bool HasEnded => _closingFrames is not null || _disconnected;

    /// <summary>
    /// The lowest position that <paramref name="ring"/> must keep for this member; its head if there is none. Not for subscribers.
    /// </summary>
    public long OldestNeeded(FrameRing ring) => CatchUp is null && ring == Ring && !HasEnded ? _cursor : ring.Head;

    public void Start(ReadOnlySpan<byte> first, ICatchUp catchUp)
    {
        if (!first.IsEmpty)
            _outbox.AddText(first);
        CatchUp = catchUp;
        _isCounted = true;
        ConnectionMetrics.OnOpened(IsRelay);
    }

    /// <summary>Ends the catch-up: the member follows the ring from its head on.</summary>
    public void Follow()
    {
        CatchUp = null;
        _cursor = _outboxCovers = Ring.Head;
    }

    public void Send(ReadOnlySpan<byte> json)
    {
        if (HasEnded)
            return;
        PrepareOutbox();
        _outbox.AddText(json);
    }

    public void SendFrames(ReadOnlySpan<byte> frames)
    {
        if (HasEnded)
            return;
        PrepareOutbox();
        _outbox.Add(frames);
    }

    public bool TrySendFromRing(long seq)
    {
        if (!_broadcaster.Ring.TryFind(seq, out var position, out var length))
            return false;
        if (HasEnded)
            return true;
        PrepareOutbox();
        _broadcaster.Ring.CopyFrame(seq, position, _outbox.Extend(length));
        return true;
    }

    public bool WillSendFromRing(long seq)
    {
        ServeIndividually();
        return CatchUp is null && Ring.TryFind(seq, out var position, out _) && position >= _cursor;
    }

    public void Close(ushort code, string reason, bool reconnect) =>
        Close(code, ClosingFrames(code, reason, reconnect), Ring.Head);

    public void CloseNow(ushort code, string reason, bool reconnect = false) =>
        Close(code, ClosingFrames(code, reason, reconnect), until: 0);

    /// <summary>Serves the member first in the next push, because it waits for the answer.</summary>
    public void Acknowledge(uint frame) => _broadcaster.EchoFirst(this);

    /// <summary>Answers a Close frame of the member with a Close frame.</summary>
    public void AnswerClose(ushort code) => Close(code, FrameWriter.Close(code, ""), until: 0);

    /// <summary>The connection is gone. It is aborted, because nothing else may notice: its frames may not be read now.</summary>
    public void OnDisconnected()
    {
        ServeIndividually();
        _disconnected = true;
        _outbox.Clear();
        _connection.Abort();
    }

    public void Abort() => _connection.Abort();

    /// <summary>Releases the socket. Nothing may be sent after this call.</summary>
    public void Release()
    {
        _connection.Dispose();
        if (!_isCounted)
            return;
        _isCounted = false;
        ConnectionMetrics.OnClosed(IsRelay, _closeCode);
    }

    public void Push()
    {
        if (SubscriberIndex >= 0)
        {
            Subscribers.Push(SubscriberIndex);
            return;
        }
        CloseIfTooSlow();
        while (!_sending && !IsHeld && !_disconnected)
        {
            if (!_outbox.IsEmpty && (CatchUp is not null || _cursor >= Math.Min(_outboxAfter, _sendUpTo)))
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
                Follow();
                return true;
            default:
                return true;
        }
    }

    private void Close(ushort code, byte[] closing, long until)
    {
        if (HasEnded)
            return;
        ServeIndividually();
        _closingFrames = closing;
        _closeCode = code;
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

    // A frame is about to be added to the outbox.
    private void PrepareOutbox()
    {
        ServeIndividually();
        if (_outbox.IsEmpty)
        {
            _outboxAfter = CatchUp is null ? Ring.Head : 0;
            _outboxCovers = Math.Max(_outboxCovers, _outboxAfter);
            return;
        }
        if (!KeepsOrder || CatchUp is not null || _outboxCovers < Ring.Tail)
            return;
        var length = (int)(Ring.Head - _outboxCovers);
        Ring.CopyTo(_outboxCovers, _outbox.Extend(length));
        _outboxCovers = Ring.Head;
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
        if (CatchUp is null)
            _cursor = Math.Max(_cursor, _outboxCovers);
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
        var end = Math.Min(_outbox.IsEmpty ? Ring.Head : Math.Min(Ring.Head, _outboxAfter), _sendUpTo);
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
