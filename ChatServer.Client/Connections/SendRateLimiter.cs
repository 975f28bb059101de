namespace ChatServer.Client.Connections;

/// <summary>
/// Limits the rate of messages: no faster than the server allows (20 refusals in a row end a connection). After a temporary refusal
/// sending pauses for the time that the server states, or for one that grows until a message is accepted.
/// </summary>
internal sealed class SendRateLimiter(TimeProvider time)
{
    // The server measures arrivals, which may be closer together than the sends.
    private const double SafetyFactor = 0.9;

    private static readonly TimeSpan InitialPause = TimeSpan.FromMilliseconds(200), MaxPause = TimeSpan.FromSeconds(5);

    // The clocks of the server and the client do not tick at the same moment.
    private static readonly TimeSpan RetryMargin = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private double _perSecond, _burst, _tokens;
    private long _filledAt, _pausedAt;
    private TimeSpan _pause;
    private int _refusals;

    /// <summary>Sets the limit of the server; a rate of 0 means no limit.</summary>
    public void SetLimit(int perSecond, int burst)
    {
        lock (_gate)
        {
            _perSecond = perSecond * SafetyFactor;
            _tokens = _burst = Math.Max(1, burst * SafetyFactor);
            _filledAt = time.GetTimestamp();
        }
    }

    /// <summary>Time until the next message may be sent.</summary>
    public TimeSpan TimeUntilNextSend()
    {
        lock (_gate)
        {
            var pause = _pause - time.GetElapsedTime(_pausedAt);
            if (_pause > TimeSpan.Zero && pause > TimeSpan.Zero)
                return pause;
            _pause = TimeSpan.Zero;
            if (_perSecond == 0)
                return TimeSpan.Zero;
            var now = time.GetTimestamp();
            _tokens = Math.Min(_burst, _tokens + time.GetElapsedTime(_filledAt, now).TotalSeconds * _perSecond);
            _filledAt = now;
            return _tokens >= 1 ? TimeSpan.Zero : TimeSpan.FromSeconds((1 - _tokens) / _perSecond) + TimeSpan.FromMilliseconds(1);
        }
    }

    /// <summary>A message is being sent.</summary>
    public void OnSending()
    {
        lock (_gate)
            _tokens--;
    }

    /// <summary>The server refused a message temporarily. Refusals during a pause count as one.</summary>
    /// <param name="retryAfter">The time after which the server may accept it; null if it states none.</param>
    public void OnRefused(TimeSpan? retryAfter)
    {
        lock (_gate)
        {
            if (retryAfter is { } stated)
            {
                (_pause, _pausedAt) = (stated + RetryMargin, time.GetTimestamp());
                return;
            }
            if (_pause > TimeSpan.Zero && time.GetElapsedTime(_pausedAt) < _pause)
                return;
            _pause = Backoff.Jittered(Math.Min(InitialPause.Ticks * Math.Pow(2, Math.Min(_refusals++, 30)), MaxPause.Ticks));
            _pausedAt = time.GetTimestamp();
        }
    }

    /// <summary>The server accepted a message.</summary>
    public void OnAccepted()
    {
        lock (_gate)
            _refusals = 0;
    }
}
