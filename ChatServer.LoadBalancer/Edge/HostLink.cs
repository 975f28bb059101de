using ChatServer.Broadcast.Relays;
using ChatServer.Metrics;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>
/// The link of one room to its host: the relay while one is connected, the host's last answer to an attach, and the position in the log.
/// </summary>
/// <remarks>Only the room's turn uses it, except for <see cref="Term"/> and <see cref="MaxFrameBytes"/>.</remarks>
internal sealed class HostLink(string loadBalancer, TimeProvider time)
{
    // Parts of an attach stay below RelayProtocol.MaxAttachBytes.
    private const int MembersPerAttach = 200;

    private RelayConnection? _relay;
    private RelayAttached? _host;
    private long _seq;
    private long _term;
    private long _detachedAt = time.GetTimestamp();

    /// <summary>Whether a host has answered the attach.</summary>
    public bool IsAttached { get; private set; }

    /// <summary>Time since the last host was lost.</summary>
    public TimeSpan DetachedFor => time.GetElapsedTime(_detachedAt);

    /// <summary>Highest term of a host so far. May be read on any thread.</summary>
    public long Term => Volatile.Read(ref _term);

    /// <summary>Largest frame of a member; valid once a host was attached. May be read on any thread.</summary>
    public int MaxFrameBytes => _host!.MaxFrameBytes;

    /// <summary>Whether the room can move to another host.</summary>
    public bool IsDurable => _host is not { IsDurable: false };

    /// <summary>Whether the room is known to be on another host than that of the relay.</summary>
    public bool HasMoved => _relay is { HasMoved: true };

    /// <summary>Asks the host to attach this load balancer with these members, in parts.</summary>
    public void Connect(RelayConnection relay, IReadOnlyList<RelayMember> members)
    {
        _relay = relay;
        var epoch = members.Count > 0 ? _host!.Epoch : null;
        foreach (var part in members.Chunk(MembersPerAttach))
            relay.Send(writer => writer.Attach(new RelayAttach(loadBalancer, epoch, _seq, part, IsLast: false)));
        relay.Send(writer => writer.Attach(new RelayAttach(loadBalancer, epoch, _seq, [], IsLast: true)));
    }

    /// <summary>The host has answered the attach. Returns the answer of the host before it; null for the first.</summary>
    public RelayAttached? Attach(RelayAttached host)
    {
        var previous = _host;
        if (previous is not null)
            EdgeMetrics.RelayOutage.Record(DetachedFor.TotalSeconds);
        (_host, _seq, IsAttached) = (host, host.Seq, true);
        Volatile.Write(ref _term, host.Term);
        return previous;
    }

    /// <summary>Adds a message for the host, which <see cref="Flush"/> sends. Without a relay nothing happens.</summary>
    public void Send(WriteRelayMessage write) => _relay?.Send(write);

    /// <summary>Sends what was added.</summary>
    public void Flush() => _relay?.Flush();

    /// <summary>Moves the position to the event <paramref name="seq"/>.</summary>
    public EventPosition Advance(long seq)
    {
        if (seq <= _seq)
            return EventPosition.Repeated;
        if (seq > _seq + 1)
            return EventPosition.AfterGap;
        _seq = seq;
        return EventPosition.Next;
    }

    /// <summary>Ends the relay; <see cref="Detach"/> follows when its reader has ended.</summary>
    public void Disconnect() => _relay?.Dispose();

    /// <summary>Ends the relay, and ignores what it still sends.</summary>
    public void Reject()
    {
        Disconnect();
        (IsAttached, _detachedAt) = (false, time.GetTimestamp());
    }

    /// <summary>The relay is lost.</summary>
    public void Detach()
    {
        if (IsAttached)
            _detachedAt = time.GetTimestamp();
        (_relay, IsAttached) = (null, false);
    }

    /// <summary>Restarts <see cref="DetachedFor"/>.</summary>
    public void RestartDetachedTime() => _detachedAt = time.GetTimestamp();
}

/// <summary>Where an event of the log is, compared with the position of a load balancer.</summary>
internal enum EventPosition
{
    /// <summary>It was received before.</summary>
    Repeated,

    /// <summary>It is the next event.</summary>
    Next,

    /// <summary>At least one event before it is missing.</summary>
    AfterGap,
}
