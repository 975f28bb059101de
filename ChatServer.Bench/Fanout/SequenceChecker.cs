namespace ChatServer.Bench.Fanout;

/// <summary>Numbers of which each should come once, and in order. What is in order costs a comparison.</summary>
/// <param name="first">The first one.</param>
internal struct SequenceChecker(long first)
{
    private long _next = first;
    private Anomalies? _faults;

    /// <summary>Numbers that came again.</summary>
    public readonly long Repeated => _faults?.Repeated ?? 0;

    /// <summary>Numbers that came after a later one.</summary>
    public readonly long Reordered => _faults?.Reordered ?? 0;

    /// <summary>Numbers that have not come although a later one has.</summary>
    public readonly long Skipped => _faults?.Skipped.Count ?? 0;

    /// <summary>Numbers below <paramref name="end"/> that have not come.</summary>
    public readonly long MissingBefore(long end) => Skipped + Math.Max(0, end - _next);

    /// <summary>Takes note of the number that came.</summary>
    public void Observe(long number)
    {
        if (number == _next)
            _next++;
        else
            ObserveOutOfTurn(number);
    }

    private void ObserveOutOfTurn(long number)
    {
        _faults ??= new Anomalies();
        if (number > _next)
        {
            _faults.Skipped.Add(_next, number);
            _next = number + 1;
        }
        else if (_faults.Skipped.Remove(number))
        {
            _faults.Reordered++;
        }
        else
        {
            _faults.Repeated++;
        }
    }

    private sealed class Anomalies
    {
        public MissingRanges Skipped { get; } = new();
        public long Repeated { get; set; }
        public long Reordered { get; set; }
    }
}
