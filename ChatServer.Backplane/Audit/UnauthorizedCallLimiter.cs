namespace ChatServer.Backplane.Audit;

/// <summary>
/// Limits the entries for calls without a valid key: a scanner sends thousands a second, each of which would be a write to Redis. The next
/// entry states how many calls have none. All members may be called from any thread.
/// </summary>
internal sealed class UnauthorizedCallLimiter(TimeProvider time)
{
    /// <summary>Entries that may be written at once: the first calls of a scanner, and every call of a misconfigured script.</summary>
    public const int Burst = 20;

    private readonly Lock _gate = new();
    private double _tokens = Burst;
    private long _refilledAt = time.GetTimestamp();
    private long _omitted;

    /// <summary>Whether a call gets an entry: <see cref="Burst"/> at once, then one per second.</summary>
    /// <param name="omitted">Number of calls without an entry since the last one that got one.</param>
    public bool TryAcquire(out long omitted)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _tokens = Math.Min(Burst, _tokens + time.GetElapsedTime(_refilledAt, now).TotalSeconds);
            _refilledAt = now;
            omitted = _omitted;
            if (_tokens < 1)
            {
                _omitted++;
                return false;
            }
            _tokens--;
            _omitted = 0;
            return true;
        }
    }
}
