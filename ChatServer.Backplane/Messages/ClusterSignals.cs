namespace ChatServer.Backplane;

/// <summary>The channel on which everyone is told to look: an announcement, a shutdown.</summary>
public sealed class ClusterSignals(BackplaneConnection connection)
{
    /// <summary>
    /// Calls <paramref name="onSignal"/> on every nudge and whenever nudges may have been missed, until <paramref name="ct"/> ends it.
    /// It must not block.
    /// </summary>
    public Task RunAsync(Action onSignal, CancellationToken ct) =>
        RedisSubscription.RunAsync(connection, RedisNames.ClusterSignal, onSignal, _ => onSignal(), ct);
}
