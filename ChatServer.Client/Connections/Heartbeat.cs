namespace ChatServer.Client.Connections;

/// <summary>
/// Detects a dead connection. The platform answers the server's pings without reporting them, so after some silence the client sends
/// the contract's <c>ping</c>, and ends the connection if that is not answered either.
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
    /// <param name="timeout">Maximum silence before the first frame.</param>
    /// <param name="sendPing">Sends a ping.</param>
    /// <param name="onSilent">Called after too long a silence.</param>
    public Heartbeat(TimeProvider time, TimeSpan timeout, Action sendPing, Action onSilent)
    {
        (_time, _pingAfter, _silenceLimit, _sendPing, _onSilent) = (time, timeout, timeout, sendPing, onSilent);
        _receivedAt = time.GetTimestamp();
        _timer = time.CreateTimer(static heartbeat => ((Heartbeat)heartbeat!).CheckSilence(), this, timeout, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sets the silence after which a ping is sent, and the silence after which the connection ends.</summary>
    public void SetLimits(TimeSpan ping, TimeSpan limit)
    {
        (_pingAfter, _silenceLimit) = (ping, limit);
        _timer.Change(ping, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A frame was received, or receiving continues after a pause.</summary>
    public void OnReceived()
    {
        Volatile.Write(ref _receivedAt, _time.GetTimestamp());
        _isPaused = false;
    }

    /// <summary>Receiving pauses: silence does not count.</summary>
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
