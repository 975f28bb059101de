namespace ChatServer.Client;

/// <summary>
/// How long to wait before the next attempt. A connection that was of use is replaced at once (a little apart from the others that lost
/// it too), a failed attempt moves on to the next address without a pause, and every round of all addresses doubles the pause, unless the
/// server says how long it should be.
/// </summary>
internal sealed class Backoff(int addresses, TimeSpan max)
{
    // A connection that lasted so long is no sign of trouble.
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan InitialDelay = TimeSpan.FromMilliseconds(100);

    // Members of one room do not come back in one instant.
    private static readonly TimeSpan MinSpacing = TimeSpan.FromMilliseconds(50);

    private int _failures;

    /// <summary>The pause after an attempt, or a connection, that ended.</summary>
    public TimeSpan DelayAfter(ConnectionEnd ending)
    {
        if (ending.IsClientInitiated)
            return TimeSpan.Zero;
        if (ending.ConnectedFor >= StableAfter)
            _failures = 0;
        else
            _failures++;
        if (ending.TryNextAddress && _failures % addresses != 0)
            return TimeSpan.Zero;
        // A server that names a time knows better. Longer than asked, never shorter: who was turned away together comes back apart.
        if (ending.RetryAfter is { } asked && asked >= InitialDelay)
            return asked * (1 + 0.2 * Random.Shared.NextDouble());
        var round = _failures / addresses;
        return round == 0
            ? MinSpacing * Random.Shared.NextDouble()
            : Jittered(Math.Min(InitialDelay.Ticks * Math.Pow(2, Math.Min(round - 1, 30)), max.Ticks));
    }

    /// <summary>Half of it for certain, the other half by chance.</summary>
    public static TimeSpan Jittered(double ticks) => TimeSpan.FromTicks((long)(ticks / 2 * (1 + Random.Shared.NextDouble())));
}
