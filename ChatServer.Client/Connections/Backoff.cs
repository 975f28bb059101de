namespace ChatServer.Client.Connections;

/// <summary>
/// Exponential backoff with jitter. A connection that had a welcome is replaced after a random delay of up to 50 ms; a failed
/// attempt continues at once with the next address; each round of all addresses doubles the delay, unless the server states
/// one.
/// </summary>
internal sealed class Backoff(int addresses, TimeSpan max)
{
    // A connection of this duration resets the backoff.
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan InitialDelay = TimeSpan.FromMilliseconds(100);

    // Spreads the reconnects of the members of a room.
    private static readonly TimeSpan MinSpacing = TimeSpan.FromMilliseconds(50);

    private int _failures;

    /// <summary>The delay after an attempt or a connection that ended.</summary>
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
        // The server's Retry-After applies, with jitter above it: clients that were refused together return at different times.
        if (ending.RetryAfter is { } asked && asked >= InitialDelay)
            return asked * (1 + 0.2 * Random.Shared.NextDouble());
        var round = _failures / addresses;
        return round == 0
            ? MinSpacing * Random.Shared.NextDouble()
            : Jittered(Math.Min(InitialDelay.Ticks * Math.Pow(2, Math.Min(round - 1, 30)), max.Ticks));
    }

    /// <summary>A random duration between half of it and all of it.</summary>
    public static TimeSpan Jittered(double ticks) => TimeSpan.FromTicks((long)(ticks / 2 * (1 + Random.Shared.NextDouble())));
}
