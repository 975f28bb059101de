using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace ChatServer.Metrics;

/// <summary>
/// The meter <c>ChatServer</c>. Its instruments are defined once, in the classes of this project, as settings are in <c>ServerSettings</c>.
/// Names and units follow OpenTelemetry; the tables of docs/telemetry.md follow from the definitions.
/// </summary>
/// <remarks>
/// Values of attributes are bounded: close codes, error codes, and the names of the busiest rooms. What happens per message or delivery is
/// added once per batch or broadcast.
/// </remarks>
public static class ServerMeter
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "ChatServer";

    private static readonly Meter Meter = new(Name);

    // From a send on the loopback to the timeouts of Redis and of a placement.
    private static readonly InstrumentAdvice<double> SecondsBuckets = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    // Up to the items of a full batch.
    private static readonly InstrumentAdvice<long> SizeBuckets = new()
    {
        HistogramBucketBoundaries = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
    };

    /// <summary>
    /// Makes the metrics of a class of this project visible now, with 0, instead of with the first event. Called once by the service that
    /// records them.
    /// </summary>
    public static void Publish(Type metrics) => RuntimeHelpers.RunClassConstructor(metrics.TypeHandle);

    internal static EventCounter Counter(string name, string unit, string description) =>
        new(Meter, name, unit, description, attribute: null, []);

    internal static EventCounter CounterBy(string attribute, IEnumerable<string> values, string name, string unit, string description) =>
        new(Meter, name, unit, description, attribute, values);

    internal static Histogram<double> Seconds(string name, string description) =>
        Meter.CreateHistogram(name, "s", description, tags: null, SecondsBuckets);

    internal static Histogram<long> Sizes(string name, string unit, string description) =>
        Meter.CreateHistogram(name, unit, description, tags: null, SizeBuckets);

    internal static ObservedValue Gauge(string name, string unit, string description) =>
        new(read => Meter.CreateObservableGauge(name, read, unit, description));

    internal static ObservedValue ObservedCounter(string name, string unit, string description) =>
        new(read => Meter.CreateObservableCounter(name, read, unit, description));
}
