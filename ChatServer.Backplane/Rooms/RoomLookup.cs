namespace ChatServer.Backplane;

/// <summary>
/// Finds rooms for those who would tell somebody that there is no such room. A Redis that lost its data knows none, until their hosts have
/// put them back a moment later: whoever asks in that moment waits for it.
/// </summary>
public sealed class RoomLookup(RoomDirectory rooms, RoomOwnership ownership, RoomChanges changes, TimeProvider time)
{
    /// <summary>How long after a loss a room may still be put back. Hosts notice it when they are connected again, or in their next round (2 s).</summary>
    public static readonly TimeSpan RestoreTimeout = TimeSpan.FromSeconds(5);

    // A change of which no word came is found after this long.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private string? _generation;
    private long? _lostAt;

    /// <summary>Begins to watch for losses: one that happened before it is taken for how things are.</summary>
    public void Start()
    {
        changes.ChangesMissed += () => _ = CheckForDataLossAsync();
        changes.Start();
    }

    /// <summary>The room, or null when there is none of that name.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<RoomRecord?> FindAsync(string name, CancellationToken ct = default)
    {
        if (await rooms.FindAsync(name, ct) is { } room)
            return room;
        using var change = changes.Watch(name);
        for (; ; )
        {
            var seen = change.Version;
            var mayReturn = await MayBeRestoredAsync(ct);
            // After that, so what was put back meanwhile is not missed.
            if (await rooms.FindAsync(name, ct) is { } back)
                return back;
            if (!mayReturn)
                return null;
            await change.WaitAsync(seen, PollInterval, time, ct);
        }
    }

    // Whether Redis lost its data so lately that rooms may be missing.
    private async Task<bool> MayBeRestoredAsync(CancellationToken ct)
    {
        var generation = await ownership.GenerationAsync(ct);
        lock (_gate)
        {
            if (_generation is not null && _generation != generation)
                _lostAt = time.GetTimestamp();
            _generation = generation;
            return _lostAt is { } lost && time.GetElapsedTime(lost) < RestoreTimeout;
        }
    }

    private async Task CheckForDataLossAsync()
    {
        try
        {
            await MayBeRestoredAsync(CancellationToken.None);
        }
        catch (BackplaneUnavailableException)
        {
            // Whoever does not find a room looks again.
        }
    }
}
