using ChatServer.Broadcast.Turns;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>The members of a room that have frames for the host, in the order in which they received them.</summary>
internal sealed class MemberFrameQueue(HostLink host, TurnQueue turns)
{
    private readonly Lock _gate = new();
    private List<UnacknowledgedFrames> _queued = [];
    private List<UnacknowledgedFrames> _sending = [];

    /// <summary>Whether a member has frames to send. May be read on any thread.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _queued.Count == 0;
        }
    }

    /// <summary>Sends a member's frames in the next turn. May be called on any thread.</summary>
    public void Add(UnacknowledgedFrames frames)
    {
        lock (_gate)
        {
            if (!frames.IsQueued)
                _queued.Add(frames);
            frames.IsQueued = true;
        }
        turns.Schedule();
    }

    /// <summary>Sends the frames of all members in the queue, if there is a host. In turns.</summary>
    public void SendAll()
    {
        if (!host.IsAttached)
            return;
        lock (_gate)
        {
            (_queued, _sending) = (_sending, _queued);
            foreach (var frames in _sending)
                frames.IsQueued = false;
        }
        foreach (var frames in _sending)
            Send(frames);
        _sending.Clear();
    }

    /// <summary>Sends the frames that the host does not have yet, if there is a host. In turns.</summary>
    public void Send(UnacknowledgedFrames frames)
    {
        if (!host.IsAttached)
            return;
        frames.SendAll(frame => host.Send(writer => frame.IsPing
            ? writer.Ping(frames.Member, frame.Number, frame.Bytes)
            : writer.Text(frames.Member, frame.Number, frame.IsResent, frame.Bytes)));
    }
}
