namespace ChatServer.Client.Log;

/// <summary>
/// Position of the reader in the room's log: determines which events are new, duplicate or missing. It advances only after
/// an event was added to the buffer, so a lost event is requested again.
/// </summary>
internal sealed class LogPosition(int history)
{
    // Events up to this one may be missing: they precede the join, or the part of the history that the client knows.
    private long _requestedAfter;

    /// <summary>The log's epoch; null before the first welcome.</summary>
    public string? Epoch { get; private set; }

    /// <summary>The last event that was added to the buffer, or the position that replaces it.</summary>
    public long Last { get; private set; }

    /// <summary>The first event that must not be missing.</summary>
    public long Next => Math.Max(Last, _requestedAfter) + 1;

    /// <summary>The value of <c>since</c>: the room sends all events after it.</summary>
    public string? Since => Epoch is null ? null : $"{Epoch}.{Last}";

    /// <summary>
    /// The value of <c>history</c>, for a room that no longer has these events: at first the requested number, later the maximum, so that
    /// as few events as possible are missing.
    /// </summary>
    public int History => Epoch is null ? history : int.MaxValue;

    /// <summary>Whether a welcome belongs to another log: another epoch, or a log that ends before the position.</summary>
    public bool IsDiscontinuous(string epoch, long seq) => Epoch is not null && (Epoch != epoch || seq < Last);

    /// <summary>Begins at a log of which no event was delivered.</summary>
    public void Begin(string epoch, long seq)
    {
        Last = Epoch is null ? Math.Max(0, seq - history) : 0;
        Epoch = epoch;
        _requestedAfter = seq;
    }

    /// <summary>An event, or the report of its loss, was added to the buffer.</summary>
    public void MoveTo(long seq)
    {
        Last = seq;
        _requestedAfter = 0;
    }
}
