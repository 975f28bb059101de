using System.Text.RegularExpressions;
using ChatServer.Metrics;
using ChatServer.Tests.Architecture;

namespace ChatServer.Tests.Metrics;

/// <summary><c>docs/telemetry.md</c> contains a table for each class of ChatServer.Metrics, which follows from its instruments.</summary>
/// <remarks>With <c>UPDATE_DOCS=1</c> the test writes the tables instead of comparing them.</remarks>
public sealed partial class TelemetryReferenceTests
{
    private static readonly bool Updates = Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1";

    private static string Document => Path.Combine(SourceTree.Root, "docs", "telemetry.md");

    [Theory]
    [InlineData("Rooms and messages", typeof(RoomMetrics))]
    [InlineData("Connections", typeof(ConnectionMetrics))]
    [InlineData("Load balancer", typeof(EdgeMetrics))]
    [InlineData("Redis and placement", typeof(BackplaneMetrics))]
    [InlineData("Requests", typeof(RequestMetrics))]
    public void Reference_lists_every_metric(string heading, Type definer)
    {
        string[] table =
        [
            "| metric | kind | unit | in Prometheus | meaning |", "|---|---|---|---|---|",
            .. from metric in MetricsCatalog.All
               where metric.Definer == definer
               let instrument = metric.Instrument
               let kind = MetricsCatalog.KindOf(instrument)
               let name = MetricsCatalog.PrometheusNames(instrument).First().Replace("_bucket", "", StringComparison.Ordinal)
               select $"| `{instrument.Name}` | {kind} | `{instrument.Unit}` | `{name}` | {instrument.Description} |",
        ];
        var lines = File.ReadAllLines(Document).ToList();
        var start = lines.FindIndex(lines.IndexOf($"## {heading}"), line => line.StartsWith('|'));
        var end = lines.FindIndex(start, line => !line.StartsWith('|'));
        if (Updates)
        {
            lines.RemoveRange(start, end - start);
            lines.InsertRange(start, table);
            File.WriteAllLines(Document, lines);
            return;
        }
        Assert.Equal(table, lines[start..end]);
    }

    [Fact]
    public void Names_and_units_follow_OpenTelemetry() => Assert.All(MetricsCatalog.All, metric =>
    {
        var (_, instrument) = metric;
        Assert.Equal(ServerMeter.Name, instrument.Meter.Name);
        Assert.Matches(Name(), instrument.Name);
        Assert.Matches(Unit(), instrument.Unit);
        Assert.False(string.IsNullOrEmpty(instrument.Description));
    });

    [GeneratedRegex("^chatserver(\\.[a-z]+)+$")]
    private static partial Regex Name();

    // UCUM: seconds, bytes, or what is counted.
    [GeneratedRegex("^(s|By|\\{[a-z]+\\})$")]
    private static partial Regex Unit();
}
