namespace ChatServer.RoomHost.Rooms;

/// <summary>Limits the rate of one connection, with a burst. Does not allocate. Not thread-safe.</summary>
internal struct TokenBucket(int perSecond, int burst)
{
    private double _tokens = burst;
    private long _last;

    /// <summary>Time from the last call of <see cref="TryTake"/> until there are enough tokens.</summary>
    public readonly TimeSpan TimeUntil(double cost = 1) =>
        perSecond == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Max(0, cost - _tokens) / perSecond);

    /// <summary>Takes tokens; false if there are too few, then none is taken. A rate of 0 means: no limit.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="cost">Number of tokens. More than the burst are never there.</param>
    public bool TryTake(TimeProvider time, double cost = 1)
    {
        if (perSecond == 0)
            return true;
        var now = time.GetTimestamp();
        if (_last != 0)
            _tokens = Math.Min(burst, _tokens + time.GetElapsedTime(_last, now).TotalSeconds * perSecond);
        _last = now;
        if (_tokens < cost)
            return false;
        _tokens -= cost;
        return true;
    }
}
