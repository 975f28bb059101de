namespace ChatServer.Client;

/// <summary>
/// How far the reader has come in the room's log, and so what is new, what was had already and what is missing. It moves only when
/// an event has been handed over; what got lost on the way is therefore asked for again.
/// </summary>
internal sealed class LogPosition(int history)
{
    // Events up to this one may be missing: they are from before we came (or of a history that we did not see begin).
    private long _requestedAfter;

    /// <summary>The log's epoch; null before the first welcome.</summary>
    public string? Epoch { get; private set; }

    /// <summary>The last event that was handed over, or that stands for it.</summary>
    public long Last { get; private set; }

    /// <summary>The first event that must not be missing.</summary>
    public long Next => Math.Max(Last, _requestedAfter) + 1;

    /// <summary>What to ask the room for: everything after this.</summary>
    public string? Since => Epoch is null ? null : $"{Epoch}.{Last}";

    /// <summary>How much to ask for if that is not to be had: at first what was wanted, later all there is, so that as little as possible is missing.</summary>
    public int History => Epoch is null ? history : int.MaxValue;

    /// <summary>Whether a welcome says that the log is not the one that we know: another epoch, or it ends before where we were.</summary>
    public bool IsDiscontinuous(string epoch, long seq) => Epoch is not null && (Epoch != epoch || seq < Last);

    /// <summary>A log of which nothing was told so far.</summary>
    public void Begin(string epoch, long seq)
    {
        Last = Epoch is null ? Math.Max(0, seq - history) : 0;
        Epoch = epoch;
        _requestedAfter = seq;
    }

    /// <summary>An event was handed over, or its loss was.</summary>
    public void MoveTo(long seq)
    {
        Last = seq;
        _requestedAfter = 0;
    }
}
