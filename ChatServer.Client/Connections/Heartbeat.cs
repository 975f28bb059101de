namespace ChatServer.Client;

/// <summary>
/// Notices that the other side is gone though the connection seems to stand. The platform answers the server's pings by itself and
/// does not tell, so after some silence we ask with the contract's own <c>ping</c>, and give up when not even that is answered.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Action _ask, _giveUp;
    private readonly ITimer _timer;
    private TimeSpan _ping, _limit;
    private long _heardAt;
    private volatile bool _isPaused;

    /// <param name="time">The clock.</param>
    /// <param name="patience">Silence before the first frame that is too long.</param>
    /// <param name="ask">Has a ping sent.</param>
    /// <param name="giveUp">Called when it was silent for too long.</param>
    public Heartbeat(TimeProvider time, TimeSpan patience, Action ask, Action giveUp)
    {
        (_time, _ping, _limit, _ask, _giveUp) = (time, patience, patience, ask, giveUp);
        _heardAt = time.GetTimestamp();
        _timer = time.CreateTimer(static heartbeat => ((Heartbeat)heartbeat!).Look(), this, patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>From now on asks after <paramref name="ping"/> of silence, and gives up after <paramref name="limit"/>.</summary>
    public void Expect(TimeSpan ping, TimeSpan limit)
    {
        (_ping, _limit) = (ping, limit);
        _timer.Change(ping, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something came, or we listen again.</summary>
    public void Heard()
    {
        Volatile.Write(ref _heardAt, _time.GetTimestamp());
        _isPaused = false;
    }

    /// <summary>We do not listen: silence says nothing.</summary>
    public void Pause() => _isPaused = true;

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var silence = _isPaused ? TimeSpan.Zero : _time.GetElapsedTime(Volatile.Read(ref _heardAt));
        if (silence >= _limit)
        {
            _giveUp();
            return;
        }
        if (silence >= _ping)
            _ask();
        var next = silence >= _ping ? _limit - silence : _ping - silence;
        _timer.Change(next < _ping ? next : _ping, Timeout.InfiniteTimeSpan);
    }
}
