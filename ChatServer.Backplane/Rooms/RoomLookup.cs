using ChatServer.Backplane.Connections;

namespace ChatServer.Backplane.Rooms;

/// <summary>
/// Finds rooms for callers that report a missing room to a client. After Redis lost its data, the records of open rooms are missing until
/// their hosts restore them; in this time a lookup waits.
/// </summary>
public sealed class RoomLookup(RoomDirectory rooms, RoomOwnership ownership, RoomChanges changes, TimeProvider time)
{
    /// <summary>
    /// How long a lookup waits after a loss. A host detects the loss when it is connected again, or in its next round (2 s).
    /// </summary>
    public static readonly TimeSpan RestoreTimeout = TimeSpan.FromSeconds(5);

    // Bounds the delay of a change whose notification was lost.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private string? _generation;
    private long? _lostAt;

    /// <summary>Starts to detect losses. A loss before this call is not detected.</summary>
    public void Start()
    {
        changes.ChangesMissed += () => _ = CheckForDataLossAsync();
        changes.Start();
    }

    /// <summary>Returns the room, or null if there is none of that name.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<RoomRecord?> FindAsync(string name, CancellationToken ct = default)
    {
        if (await rooms.FindAsync(name, ct) is { } room)
            return room;
        using var change = changes.Watch(name);
        for (; ; )
        {
            var seen = change.Version;
            var mayBeRestored = await MayBeRestoredAsync(ct);
            // Read after the generation, so that a room that was restored in between is found.
            if (await rooms.FindAsync(name, ct) is { } restored)
                return restored;
            if (!mayBeRestored)
                return null;
            await change.WaitAsync(seen, PollInterval, time, ct);
        }
    }

    // Whether Redis lost its data within the last RestoreTimeout.
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
            // The next lookup that finds no room checks again.
        }
    }
}
