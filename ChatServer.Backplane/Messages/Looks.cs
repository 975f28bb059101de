namespace ChatServer.Backplane;

/// <summary>The channel on which everyone is told to look: an announcement, a shutdown.</summary>
public sealed class Looks(BackplaneConnection connection)
{
    /// <summary>
    /// Calls <paramref name="look"/> on every nudge and whenever nudges may have been missed, until <paramref name="ct"/> ends it.
    /// It must not block.
    /// </summary>
    public Task RunAsync(Action look, CancellationToken ct) =>
        RedisSubscription.RunAsync(connection, RedisNames.Look, look, _ => look(), ct);
}
