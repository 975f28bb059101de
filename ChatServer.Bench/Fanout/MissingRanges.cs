namespace ChatServer.Bench.Fanout;

/// <summary>Numbers that were skipped, as ranges: a server that loses a million of them costs no more than one that loses one.</summary>
internal sealed class MissingRanges
{
    private readonly List<(long Start, long End)> _ranges = [];

    /// <summary>How many numbers are missing.</summary>
    public long Count { get; private set; }

    /// <summary>Adds <paramref name="start"/> to <paramref name="end"/>, the latter not included; they are above all that were added before.</summary>
    public void Add(long start, long end)
    {
        _ranges.Add((start, end));
        Count += end - start;
    }

    /// <summary>Takes one number out; false when it was not missing.</summary>
    public bool Remove(long number)
    {
        // What comes late comes soon after, as a rule: the newest gap first.
        var at = _ranges.FindLastIndex(range => range.Start <= number);
        if (at < 0 || number >= _ranges[at].End)
            return false;
        var (start, end) = _ranges[at];
        _ranges.RemoveAt(at);
        if (number + 1 < end)
            _ranges.Insert(at, (number + 1, end));
        if (start < number)
            _ranges.Insert(at, (start, number));
        Count--;
        return true;
    }
}
