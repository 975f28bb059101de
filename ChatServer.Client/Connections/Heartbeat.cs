namespace ChatServer.Client;

/// <summary>
/// Notices that the other side is gone though the connection seems to stand. The platform answers the server's pings by itself and
/// does not tell, so after some silence we ask with the contract's own <c>ping</c>, and give up when not even that is answered.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Action _sendPing, _onSilent;
    private readonly ITimer _timer;
    private TimeSpan _pingAfter, _silenceLimit;
    private long _receivedAt;
    private volatile bool _isPaused;

    /// <param name="time">The clock.</param>
    /// <param name="timeout">Silence before the first frame that is too long.</param>
    /// <param name="sendPing">Has a ping sent.</param>
    /// <param name="onSilent">Called when it was silent for too long.</param>
    public Heartbeat(TimeProvider time, TimeSpan timeout, Action sendPing, Action onSilent)
    {
        (_time, _pingAfter, _silenceLimit, _sendPing, _onSilent) = (time, timeout, timeout, sendPing, onSilent);
        _receivedAt = time.GetTimestamp();
        _timer = time.CreateTimer(static heartbeat => ((Heartbeat)heartbeat!).CheckSilence(), this, timeout, Timeout.InfiniteTimeSpan);
    }

    /// <summary>From now on asks after <paramref name="ping"/> of silence, and gives up after <paramref name="limit"/>.</summary>
    public void SetLimits(TimeSpan ping, TimeSpan limit)
    {
        (_pingAfter, _silenceLimit) = (ping, limit);
        _timer.Change(ping, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something came, or we listen again.</summary>
    public void OnReceived()
    {
        Volatile.Write(ref _receivedAt, _time.GetTimestamp());
        _isPaused = false;
    }

    /// <summary>We do not listen: silence says nothing.</summary>
    public void Pause() => _isPaused = true;

    public void Dispose() => _timer.Dispose();

    private void CheckSilence()
    {
        var silence = _isPaused ? TimeSpan.Zero : _time.GetElapsedTime(Volatile.Read(ref _receivedAt));
        if (silence >= _silenceLimit)
        {
            _onSilent();
            return;
        }
        if (silence >= _pingAfter)
            _sendPing();
        var next = silence >= _pingAfter ? _silenceLimit - silence : _pingAfter - silence;
        _timer.Change(next < _pingAfter ? next : _pingAfter, Timeout.InfiniteTimeSpan);
    }
}
