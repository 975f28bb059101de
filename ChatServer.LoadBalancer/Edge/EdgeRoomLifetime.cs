namespace ChatServer.LoadBalancer.Edge;

/// <summary>Decides when a room of a load balancer ends: some time after its last member, join and reservation.</summary>
/// <remarks>Only the room's turn uses it, except for the members that say otherwise.</remarks>
internal sealed class EdgeRoomLifetime(TimeProvider time)
{
    /// <summary>Time without members and joins after which the room ends.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private int _reservations;
    private volatile bool _hasEnded;
    private long _usedAt = time.GetTimestamp();

    /// <summary>Whether the room has ended. May be read on any thread.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>Time until the room is idle; null if it is.</summary>
    public TimeSpan? TimeUntilIdle => time.GetElapsedTime(_usedAt) is var unused && unused < IdleTimeout ? IdleTimeout - unused : null;

    /// <summary>Keeps the room until <see cref="Release"/>. False if it has ended. May be called on any thread.</summary>
    public bool TryReserve()
    {
        lock (_gate)
        {
            if (!_hasEnded)
                _reservations++;
            return !_hasEnded;
        }
    }

    /// <summary>Ends a reservation. May be called on any thread.</summary>
    public void Release()
    {
        lock (_gate)
            _reservations--;
    }

    /// <summary>A member joins or leaves.</summary>
    public void MarkUsed() => _usedAt = time.GetTimestamp();

    /// <summary>The room was deleted: it is idle now.</summary>
    public void MarkIdle() => _usedAt -= (long)(IdleTimeout.TotalSeconds * time.TimestampFrequency);

    /// <summary>Ends the room if it is idle and not reserved. False if it continues, or has ended before.</summary>
    public bool TryEnd()
    {
        lock (_gate)
        {
            if (_reservations > 0 || _hasEnded || TimeUntilIdle is not null)
                return false;
            return _hasEnded = true;
        }
    }

    /// <summary>Ends the room.</summary>
    public void End()
    {
        lock (_gate)
            _hasEnded = true;
    }
}
