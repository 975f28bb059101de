using System.Diagnostics.Metrics;
using System.Reflection;
using ChatServer.Metrics;

namespace ChatServer.Tests.Metrics;

/// <summary>The instruments that the classes of ChatServer.Metrics define.</summary>
internal static class MetricsCatalog
{
    /// <summary>All instruments, by class.</summary>
    public static IEnumerable<(Type Definer, Instrument Instrument)> All { get; } =
    [
        .. from definer in typeof(ServerMeter).Assembly.GetTypes()
           from field in definer.GetFields(BindingFlags.Public | BindingFlags.Static)
           let value = field.GetValue(null)
           let instrument = value as Instrument ?? (value as ObservedValue)?.Instrument ?? (value as EventCounter)?.Instrument
           where instrument is not null
           select (definer, instrument),
    ];

    /// <summary>The names that an instrument has in Prometheus.</summary>
    public static IEnumerable<string> PrometheusNames(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var name = instrument.Name.Replace('.', '_') + unit;
        return instrument switch
        {
            Histogram<double> or Histogram<long> => [$"{name}_bucket", $"{name}_sum", $"{name}_count"],
            ObservableCounter<long> or ObservableCounter<double> => [$"{name}_total"],
            _ => [name],
        };
    }

    /// <summary>What kind of value it is, for a reader.</summary>
    public static string KindOf(Instrument instrument) => instrument switch
    {
        Histogram<double> or Histogram<long> => "histogram",
        ObservableCounter<long> or ObservableCounter<double> => "counter",
        _ => "gauge",
    };
}
