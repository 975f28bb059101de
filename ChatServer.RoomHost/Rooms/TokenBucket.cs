namespace ChatServer.RoomHost.Rooms;

/// <summary>Limits the rate of one connection, with a burst. Does not allocate. Not thread-safe.</summary>
internal struct TokenBucket(int perSecond, int burst)
{
    private double _tokens = burst;
    private long _last;

    /// <summary>Takes a token; false if there is none. A rate of 0 means: no limit.</summary>
    public bool TryTake(TimeProvider time)
    {
        if (perSecond == 0)
            return true;
        var now = time.GetTimestamp();
        if (_last != 0)
            _tokens = Math.Min(burst, _tokens + time.GetElapsedTime(_last, now).TotalSeconds * perSecond);
        _last = now;
        if (_tokens < 1)
            return false;
        _tokens--;
        return true;
    }
}
