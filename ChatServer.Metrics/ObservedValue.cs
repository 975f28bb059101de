using System.Diagnostics.Metrics;

namespace ChatServer.Metrics;

/// <summary>A value that is read when metrics are exported, from the services that have it. May be used on any thread.</summary>
public sealed class ObservedValue
{
    private readonly Lock _gate = new();
    private readonly List<Func<IEnumerable<Measurement<double>>>> _sources = [];

    internal ObservedValue(Func<Func<IEnumerable<Measurement<double>>>, Instrument> create) => Instrument = create(Read);

    /// <summary>The instrument.</summary>
    public Instrument Instrument { get; }

    /// <summary>Adds a source, until the result is disposed.</summary>
    /// <param name="read">
    /// Returns the value. Called on the thread that exports, so it must neither block nor use what only turns may use.
    /// </param>
    public IDisposable Observe(Func<double> read) => Observe(() => [new Measurement<double>(read())]);

    /// <summary>Adds a source of several values with attributes, until the result is disposed.</summary>
    public IDisposable Observe(Func<IEnumerable<Measurement<double>>> read)
    {
        lock (_gate)
            _sources.Add(read);
        return new Registration(this, read);
    }

    private List<Measurement<double>> Read()
    {
        lock (_gate)
            return [.. _sources.SelectMany(read => read())];
    }

    private sealed class Registration(ObservedValue value, Func<IEnumerable<Measurement<double>>> read) : IDisposable
    {
        public void Dispose()
        {
            lock (value._gate)
                value._sources.Remove(read);
        }
    }
}
