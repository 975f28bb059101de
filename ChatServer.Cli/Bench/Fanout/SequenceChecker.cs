namespace ChatServer.Cli.Bench.Fanout;

/// <summary>Checks that each number arrives once and in order. A number in order costs one comparison.</summary>
/// <param name="first">The first number.</param>
internal struct SequenceChecker(long first)
{
    private long _next = first;
    private Anomalies? _faults;

    /// <summary>Numbers that arrived more than once.</summary>
    public readonly long Repeated => _faults?.Repeated ?? 0;

    /// <summary>Numbers that arrived after a later one.</summary>
    public readonly long Reordered => _faults?.Reordered ?? 0;

    /// <summary>Missing numbers below the highest one.</summary>
    public readonly long Skipped => _faults?.Skipped.Count ?? 0;

    /// <summary>Missing numbers below <paramref name="end"/>.</summary>
    public readonly long MissingBefore(long end) => Skipped + Math.Max(0, end - _next);

    /// <summary>Records a number.</summary>
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
