using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Relays;
using ChatServer.Broadcast.Rings;
using ChatServer.Broadcast.Turns;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>The members of one room that this load balancer holds, and the ring from which they are sent the broadcasts.</summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class EdgeMembers(HostLink host, MemberFrameQueue frames, EdgeRoomLifetime lifetime, TurnQueue turns, TimeProvider time)
{
    private static readonly TimeSpan ReleaseBuffersAfter = TimeSpan.FromSeconds(30);

    private readonly Dictionary<uint, EdgeMember> _members = [];
    private Broadcaster? _broadcaster; // from the first attach on
    private KeepAlive? _keepAlive;
    private long _broadcastAt = time.GetTimestamp();

    /// <summary>Number of members, those that are being closed included.</summary>
    public int Count => _members.Count;

    /// <summary>Bytes that the slowest member is behind. May be read on any thread.</summary>
    public long Lag => _broadcaster?.Meter.Lag ?? 0;

    /// <summary>Members that are not being closed.</summary>
    public IEnumerable<EdgeMember> Open => _members.Values.Where(member => !member.Sender.HasEnded);

    /// <summary>The host is known: members can be added.</summary>
    public void Prepare(RelayAttached limits)
    {
        if (_broadcaster is not null)
            return;
        _broadcaster = new Broadcaster(turns, time, limits.RingBytes, keepEvents: 0);
        _keepAlive = new KeepAlive(_broadcaster, limits.PingInterval, limits.SilenceTimeout);
    }

    /// <summary>Creates the member of a join that the host has accepted; <see cref="Add"/> follows.</summary>
    public EdgeMember Create(EdgeJoin join, RelayAccepted accepted)
    {
        var usesDeflate = accepted.Headers.Any(header => header.Key.Equals("Sec-WebSocket-Extensions", StringComparison.OrdinalIgnoreCase));
        return new EdgeMember(join.Number, join.Connection, new MemberSender(join.Connection, _broadcaster!, usesDeflate) { IsHeld = true })
        {
            State = accepted.State,
            JoinNumber = accepted.JoinNumber,
            After = accepted.After,
            Turns = turns,
            Host = host,
            FrameQueue = frames,
            OnGone = Remove,
        };
    }

    /// <summary>Adds a member. It is sent <paramref name="first"/> when its handshake is complete.</summary>
    public void Add(EdgeMember member, ReadOnlySpan<byte> first)
    {
        _members.Add(member.Number, member);
        _broadcaster!.Add(member.Sender);
        member.Sender.Start(default, member);
        member.Sender.SendFrames(first);
    }

    /// <summary>The member with a number; null if it is gone.</summary>
    public EdgeMember? Find(uint number) => _members.GetValueOrDefault(number);

    /// <summary>A member's connection is gone.</summary>
    public void Remove(EdgeMember member)
    {
        _broadcaster!.Remove(member.Sender);
        if (!_members.Remove(member.Number))
            return;
        lifetime.MarkUsed();
        frames.Send(member.Frames); // its last ones
        host.Send(writer => writer.Left(member.Number));
    }

    /// <summary>Sends an event of the log to all members.</summary>
    public void Broadcast(ReadOnlySpan<byte> utf8, long seq)
    {
        // After the sequences of an earlier epoch, only these events cannot be found by their sequence.
        var ring = _broadcaster!.Ring;
        _broadcaster.Append(utf8, ring.EventCount == 0 || seq == ring.FirstSeq + ring.EventCount ? seq : 0);
        foreach (var target in EventSeq.DeletedBy(utf8))
            _broadcaster.EraseText(target);
        OnBroadcast();
    }

    /// <summary>Sends an event that is not in the log to all members.</summary>
    public void BroadcastTransient(ReadOnlySpan<byte> utf8)
    {
        _broadcaster!.AppendTransient(utf8);
        OnBroadcast();
    }

    /// <summary>The host has answered a frame of a member.</summary>
    public void Acknowledge(EdgeMember member, uint frame)
    {
        member.Acknowledge(frame);
        _broadcaster!.EchoFirst(member.Sender);
    }

    /// <summary>Sends the frames of all members that the host does not have yet.</summary>
    public void SendFrames()
    {
        foreach (var member in _members.Values)
            frames.Send(member.Frames);
    }

    /// <summary>The host is lost.</summary>
    /// <param name="hostFailed">Whether the host failed; otherwise the room moved.</param>
    public void OnHostLost(bool hostFailed)
    {
        foreach (var member in _members.Values)
            member.OnHostLost(hostFailed);
    }

    /// <summary>Closes all members.</summary>
    public void CloseAll(ushort code, string reason, bool reconnect)
    {
        foreach (var member in _members.Values)
            member.Sender.Close(code, reason, reconnect);
    }

    /// <summary>Ends all connections without a Close frame.</summary>
    public void AbortAll()
    {
        foreach (var member in _members.Values)
            member.Sender.Abort();
    }

    /// <summary>Sends pings and pending bytes, closes members that are silent, and releases buffers that are not used.</summary>
    public void RunDueWork()
    {
        _keepAlive?.RunDueWork();
        _broadcaster?.Push();
        if (_broadcaster is { HoldsBuffers: true } && time.GetElapsedTime(_broadcastAt) >= ReleaseBuffersAfter)
            _broadcaster.ReleaseBuffers();
    }

    /// <summary>Time until <see cref="RunDueWork"/> has something to do; null if nothing is waiting.</summary>
    public TimeSpan? TimeUntilDue()
    {
        // Buffers that are overdue wait for something else that causes a turn: a slow member.
        var quiet = time.GetElapsedTime(_broadcastAt);
        TimeSpan? release = _broadcaster is { HoldsBuffers: true } && quiet < ReleaseBuffersAfter ? ReleaseBuffersAfter - quiet : null;
        return TurnTimer.Earlier(_keepAlive?.TimeUntilDue(), release);
    }

    /// <summary>Releases the ring. Nothing is sent afterwards.</summary>
    public void Release() => _broadcaster?.Release();

    private void OnBroadcast()
    {
        _broadcastAt = time.GetTimestamp();
        if (_broadcaster!.PendingBytes > RingSubscribers.MaxPushBytes)
            _broadcaster.Push();
    }
}
