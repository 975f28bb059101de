using ChatServer.Backplane.Connections;

namespace ChatServer.Backplane.Messages;

/// <summary>The channel that notifies every process of a new announcement, drain order or shutdown.</summary>
public sealed class ClusterSignals(BackplaneConnection connection, TimeProvider time)
{
    /// <summary>
    /// Calls <paramref name="onSignal"/>, which must not block, for every signal and whenever signals may have been missed, until
    /// <paramref name="ct"/> ends it.
    /// </summary>
    public Task RunAsync(Action onSignal, CancellationToken ct) =>
        RedisSubscription.RunAsync(connection, RedisNames.ClusterSignal, onSignal, _ => onSignal(), time, ct);
}
