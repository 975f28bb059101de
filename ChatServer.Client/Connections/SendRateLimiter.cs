namespace ChatServer.Client;

/// <summary>
/// When the next message may be sent: no faster than the server allows a connection (20 refusals in a row end it), and after a refusal
/// that may pass not before a pause, which grows until a message gets through.
/// </summary>
internal sealed class SendRateLimiter(TimeProvider time)
{
    // The server measures when messages arrive, which may be closer together than they left.
    private const double SafetyFactor = 0.9;

    private static readonly TimeSpan InitialPause = TimeSpan.FromMilliseconds(200), MaxPause = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private double _perSecond, _burst, _tokens;
    private long _filledAt, _pausedAt;
    private TimeSpan _pause;
    private int _refusals;

    /// <summary>What the server allows; a rate of 0 is no limit.</summary>
    public void SetLimit(int perSecond, int burst)
    {
        lock (_gate)
        {
            _perSecond = perSecond * SafetyFactor;
            _tokens = _burst = Math.Max(1, burst * SafetyFactor);
            _filledAt = time.GetTimestamp();
        }
    }

    /// <summary>How long to wait with the next message.</summary>
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

    /// <summary>The server did not take a message now. Those that it refused together are one refusal.</summary>
    public void OnRefused()
    {
        lock (_gate)
        {
            if (_pause > TimeSpan.Zero && time.GetElapsedTime(_pausedAt) < _pause)
                return;
            _pause = Backoff.Jittered(Math.Min(InitialPause.Ticks * Math.Pow(2, Math.Min(_refusals++, 30)), MaxPause.Ticks));
            _pausedAt = time.GetTimestamp();
        }
    }

    /// <summary>The server took one.</summary>
    public void OnAccepted()
    {
        lock (_gate)
            _refusals = 0;
    }
}
