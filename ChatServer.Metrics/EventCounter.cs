using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ChatServer.Metrics;

/// <summary>
/// A counter that is read when metrics are exported, from 0 on. A series that began with its first event would hide this event from
/// <c>increase()</c>, and so from every alert on something that should never happen. May be used on any thread; an addition costs the same
/// whether metrics are exported or not.
/// </summary>
public sealed class EventCounter
{
    /// <summary>Value of the attribute of all events beyond <see cref="MaxValues"/> different ones.</summary>
    public const string Other = "other";

    /// <summary>Different values of the attribute, at most.</summary>
    public const int MaxValues = 64;

    private readonly ConcurrentDictionary<string, Cell> _cells = new();
    private readonly string? _attribute;
    private readonly Cell _first = new();

    internal EventCounter(Meter meter, string name, string unit, string description, string? attribute, IEnumerable<string> values)
    {
        _attribute = attribute;
        foreach (var value in values)
            _cells[value] = new Cell();
        Instrument = meter.CreateObservableCounter(name, Read, unit, description);
    }

    /// <summary>The instrument.</summary>
    public Instrument Instrument { get; }

    /// <summary>Events so far, of all values of the attribute.</summary>
    public long Total => Interlocked.Read(ref _first.Count) + _cells.Values.Sum(cell => Interlocked.Read(ref cell.Count));

    /// <summary>Adds events to a counter without an attribute.</summary>
    public void Add(long count) => Interlocked.Add(ref _first.Count, count);

    /// <summary>Adds an event with a value of the attribute: a constant, never a text that depends on the client.</summary>
    public void Add(string value)
    {
        if (!_cells.TryGetValue(value, out var cell))
            cell = _cells.GetOrAdd(_cells.Count < MaxValues ? value : Other, _ => new Cell());
        Interlocked.Increment(ref cell.Count);
    }

    private IEnumerable<Measurement<long>> Read() => _attribute is null
        ? [new Measurement<long>(Interlocked.Read(ref _first.Count))]
        : _cells.Select(cell => new Measurement<long>(
            Interlocked.Read(ref cell.Value.Count), new KeyValuePair<string, object?>(_attribute, cell.Key)));

    private sealed class Cell
    {
        public long Count;
    }
}
