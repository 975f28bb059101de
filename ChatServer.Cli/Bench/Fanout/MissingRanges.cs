namespace ChatServer.Cli.Bench.Fanout;

/// <summary>Skipped numbers as ranges, so that the memory does not depend on the number of lost messages.</summary>
internal sealed class MissingRanges
{
    private readonly List<(long Start, long End)> _ranges = [];

    /// <summary>Number of missing numbers.</summary>
    public long Count { get; private set; }

    /// <summary>Adds <paramref name="start"/> up to <paramref name="end"/> (exclusive), which must be above all earlier ranges.</summary>
    public void Add(long start, long end)
    {
        _ranges.Add((start, end));
        Count += end - start;
    }

    /// <summary>Removes a number; false if it was not missing.</summary>
    public bool Remove(long number)
    {
        // Searches the newest gap first: a late number usually arrives soon after its gap.
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
