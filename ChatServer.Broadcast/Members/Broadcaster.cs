using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Rings;
using ChatServer.Broadcast.Turns;

namespace ChatServer.Broadcast.Members;

/// <summary>
/// Sends frames to all members of one room. Each frame is encoded once into a ring, and compressed once into a second ring while at least
/// one member reads compressed frames; a member is a cursor in one of them. Frames for one member only, its history included, are plain.
/// </summary>
/// <remarks>Only turns use it. Without members it holds no buffers, except for a ring that is the log.</remarks>
internal sealed class Broadcaster
{
    // Bytes pending up to which senders get their echo before other members. Above, the fastest sender would outrun the other readers.
    private const int EchoFirstMaxBytes = 16 * 1024;

    private readonly RingSubscribers _plain;
    private readonly Func<long> _slowestPlain;
    private readonly IndividualMembers _individual = new();
    private readonly List<MemberSender> _echoFirst = [];
    private RingSubscribers? _deflated;
    private Func<long>? _slowestDeflated;
    private MemberSender[] _members = [];
    private int _memberCount, _deflatingMembers;
    private long _pushedUpTo;

    /// <param name="turns">The turns in which the broadcaster is used.</param>
    /// <param name="time">The clock.</param>
    /// <param name="maxRingBytes">Bytes that a ring keeps at most for slow members; a power of two.</param>
    /// <param name="keepEvents">Events that the plain ring keeps even if no member needs them; 0 if the log is elsewhere.</param>
    public Broadcaster(TurnQueue turns, TimeProvider time, int maxRingBytes, int keepEvents)
    {
        (Turns, Time, MaxRingBytes) = (turns, time, maxRingBytes);
        Ring = new FrameRing(maxRingBytes, keepEvents);
        _plain = new RingSubscribers(Ring);
        _slowestPlain = () => SlowestCursor(_plain);
    }

    public TurnQueue Turns { get; }
    public TimeProvider Time { get; }

    /// <summary>Bytes that a slow member may fall behind.</summary>
    public int MaxRingBytes { get; }

    /// <summary>The ring of plain frames.</summary>
    public FrameRing Ring { get; }

    /// <summary>Number of members, those that are being closed included. May be read on any thread.</summary>
    public int Count => Volatile.Read(ref _memberCount);

    /// <summary>The members, in no order.</summary>
    public ReadOnlySpan<MemberSender> Members => _members.AsSpan(0, _memberCount);

    /// <summary>Measures the broadcasts.</summary>
    public BroadcastMeter Meter { get; } = new();

    /// <summary>Bytes that were added since the last push.</summary>
    public long PendingBytes => Ring.Head - _pushedUpTo;

    // :: Step 4: the event is encoded once for all members.
    /// <summary>Adds a text frame for all members. <paramref name="seq"/> is 0 for an event that is not in the log.</summary>
    public void Append(ReadOnlySpan<byte> json, long seq)
    {
        Meter.Frames++;
        Ring.Append(json, seq, _slowestPlain);
        if (_deflated is null)
            return;
        var frame = FrameDeflater.Deflate(json);
        if (frame.IsEmpty)
            _deflated.Ring.Append(json, seq, _slowestDeflated!);
        else
            _deflated.Ring.AppendFrame(frame, seq, _slowestDeflated!);
    }

    /// <summary>Adds an event that is not in the log for the members that are connected now.</summary>
    public void AppendTransient(ReadOnlySpan<byte> json)
    {
        if (_memberCount == 0)
            return;
        Append(json, seq: 0);
        // A member that catches up will follow the ring from a later position.
        foreach (var member in Members)
        {
            if (member.CatchUp is not null)
                member.Send(json);
        }
    }

    /// <summary>Removes the text of event <paramref name="seq"/> from the rings, for members that have not got it yet.</summary>
    public void EraseText(long seq)
    {
        Push();
        Ring.TryBlank(seq);
        if (_deflated is { Ring: var ring } && !ring.TryBlank(seq) && ring.TryFind(seq, out var position, out _))
            _individual.CloseBehind(ring, position);
    }

    /// <summary>Adds a ping for all members.</summary>
    public void AppendPing()
    {
        Ring.AppendFrame(FrameWriter.Ping, 0, _slowestPlain);
        _deflated?.Ring.AppendFrame(FrameWriter.Ping, 0, _slowestDeflated!);
    }

    /// <summary>Serves a member first in the next push, because it waits for the echo of its message.</summary>
    public void EchoFirst(MemberSender member) => _echoFirst.Add(member);

    /// <summary>Sends all pending bytes to all members. Never waits.</summary>
    public void Push()
    {
        var pending = PendingBytes;
        _pushedUpTo = Ring.Head;
        if (pending < EchoFirstMaxBytes)
        {
            foreach (var member in _echoFirst)
                member.Push();
        }
        _echoFirst.Clear();
        PushIndividually();
        _plain.Push();
        _deflated?.Push();
        Meter.OnPush(Ring, _memberCount - _deflatingMembers, _deflated?.Ring, _deflatingMembers, _individual);
    }

    /// <summary>Sends to the members that need more than a ring.</summary>
    public void PushIndividually() => _individual.Push();

    /// <summary>Sends to one member: a sender that waits for its echo, if there is one. There must be a member.</summary>
    public void PushOne() => (_echoFirst.Find(member => member.SubscriberIndex >= 0) ?? _members[0]).Push();

    /// <summary>Adds a member. <see cref="MemberSender.Start"/> follows.</summary>
    public void Add(MemberSender member)
    {
        if (_memberCount == _members.Length)
            Array.Resize(ref _members, Math.Max(2, _memberCount * 2));
        member.Index = _memberCount;
        _members[_memberCount++] = member;
        AssignRing(member);
        ServeIndividually(member);
    }

    /// <summary>Removes a member whose connection is gone, and releases its socket. False if it was not in the list.</summary>
    public bool Remove(MemberSender member)
    {
        try
        {
            member.OnDisconnected();
        }
        finally
        {
            member.Release();
        }
        if (member.Index < 0)
            return false;
        var last = _members[--_memberCount];
        _members[member.Index] = last;
        last.Index = member.Index;
        _members[_memberCount] = null!;
        member.Index = -1;
        StopServingIndividually(member);
        ReleaseRing(member);
        if (_memberCount == 0)
        {
            _members = [];
            _individual.TrimExcess();
            _echoFirst.TrimExcess();
        }
        return true;
    }

    /// <summary>Whether a ring that is not the log holds memory.</summary>
    public bool HoldsBuffers => Ring is { KeepEvents: 0, Capacity: > 0 } || _deflated is { Ring.Capacity: > 0 };

    /// <summary>Releases the rings that are not the log and that no member needs.</summary>
    public void ReleaseBuffers()
    {
        if (Ring is { KeepEvents: 0, Capacity: > 0 } && SlowestCursor(_plain) == Ring.Head)
            Ring.Release();
        if (_deflated is { Ring.Capacity: > 0 } deflated && SlowestCursor(deflated) == deflated.Ring.Head)
            deflated.Ring.Release();
    }

    /// <summary>Releases both rings. Nothing is sent afterwards.</summary>
    public void Release()
    {
        Ring.Release();
        _deflated?.Ring.Release();
    }

    /// <summary>Pushes to the member in each turn.</summary>
    internal void ServeIndividually(MemberSender member) => _individual.Add(member);

    /// <summary>The member becomes a subscriber, or is gone.</summary>
    internal void StopServingIndividually(MemberSender member) => _individual.Remove(member);

    private void AssignRing(MemberSender member)
    {
        if (!member.UsesDeflate)
        {
            member.Subscribers = _plain;
            return;
        }
        if (_deflatingMembers++ == 0)
        {
            var deflated = _deflated = new RingSubscribers(new FrameRing(MaxRingBytes, keepEvents: 0));
            _slowestDeflated = () => SlowestCursor(deflated);
        }
        member.Subscribers = _deflated!;
    }

    private void ReleaseRing(MemberSender member)
    {
        if (!member.UsesDeflate || --_deflatingMembers > 0)
            return;
        _deflated!.Ring.Release();
        _deflated = null;
    }

    private long SlowestCursor(RingSubscribers subscribers) =>
        Math.Min(subscribers.SlowestCursor, _individual.OldestNeeded(subscribers.Ring));
}
