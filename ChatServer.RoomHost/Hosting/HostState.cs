using ChatServer.Backplane.Hosts;

namespace ChatServer.RoomHost.Hosting;

/// <summary>What the host does with new rooms and with the rooms that it has. See <see cref="HostState"/> for the transitions.</summary>
internal enum HostPhase
{
    /// <summary>Accepts new rooms.</summary>
    Up,

    /// <summary>A drain was ordered: accepts no new rooms and moves its rooms to other hosts. The order can be cancelled.</summary>
    Draining,

    /// <summary>The process stops: accepts no new rooms, moves its rooms to other hosts, and closes the rest. Members reconnect.</summary>
    Stopping,

    /// <summary>The shutdown of the server was ordered: the process stops and closes its rooms. Members do not reconnect.</summary>
    ShuttingDown,
}

/// <summary>
/// The phase of this host. All members may be called from any thread; a lock makes each transition atomic. Transitions:
/// <c>Up</c> ↔ <c>Draining</c>; both → <c>Stopping</c>; all three → <c>ShuttingDown</c>. A host that stops stays stopped: an order to
/// drain, or its cancellation, has no effect any more.
/// </summary>
internal sealed class HostState
{
    private readonly Lock _gate = new();
    private HostPhase _phase = HostPhase.Up;

    /// <summary>The current phase.</summary>
    public HostPhase Phase
    {
        get
        {
            lock (_gate)
                return _phase;
        }
    }

    /// <summary>The phase as the host's record in Redis names it: <see cref="HostRecord.State"/>.</summary>
    public string RecordState => Phase switch
    {
        HostPhase.Up => HostRecord.Up,
        HostPhase.Draining => HostRecord.Draining,
        _ => HostRecord.Stopping,
    };

    /// <summary>Whether each reconcile of an open room tries to move it to another host.</summary>
    public bool MovesRooms => Phase is HostPhase.Draining or HostPhase.Stopping;

    /// <summary>Applies the drain order as it is in Redis. False if this changes nothing, or if the host stops.</summary>
    public bool TrySetDraining(bool isOrdered)
    {
        lock (_gate)
        {
            var next = isOrdered ? HostPhase.Draining : HostPhase.Up;
            if (_phase == next || _phase is HostPhase.Stopping or HostPhase.ShuttingDown)
                return false;
            _phase = next;
            return true;
        }
    }

    /// <summary>The process stops. No effect after <see cref="BeginShutdown"/>.</summary>
    public void BeginStop()
    {
        lock (_gate)
        {
            if (_phase != HostPhase.ShuttingDown)
                _phase = HostPhase.Stopping;
        }
    }

    /// <summary>The shutdown of the server was ordered.</summary>
    public void BeginShutdown()
    {
        lock (_gate)
            _phase = HostPhase.ShuttingDown;
    }
}
