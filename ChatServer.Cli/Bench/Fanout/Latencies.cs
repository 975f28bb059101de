using System.Diagnostics;
using HdrHistogram;

namespace ChatServer.Cli.Bench.Fanout;

/// <summary>Latencies of deliveries: one histogram per thread, without contention.</summary>
internal sealed class Latencies : IDisposable
{
    // Microseconds up to one minute with three digits: 280 KB per thread. A longer latency counts as one minute.
    private const long MaxMicroseconds = 60_000_000;

    private readonly ThreadLocal<LongHistogram> _histograms = new(() => new LongHistogram(MaxMicroseconds, 3), trackAllValues: true);

    /// <summary>Records the time between two <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public void Record(long from, long to) =>
        _histograms.Value!.RecordValue(Math.Clamp((to - from) * 1_000_000 / Stopwatch.Frequency, 0, MaxMicroseconds));

    /// <summary>Merges the histograms. Call it after the last record.</summary>
    public LatencyReport Report()
    {
        var all = new LongHistogram(MaxMicroseconds, 3);
        foreach (var histogram in _histograms.Values)
            all.Add(histogram);
        return new LatencyReport(At(50), At(90), At(99), At(99.9), At(100));

        double At(double percentile) => all.TotalCount == 0 ? 0 : all.GetValueAtPercentile(percentile) / 1000.0;
    }

    public void Dispose() => _histograms.Dispose();
}

/// <summary>Time from sending a message to its arrival at a member, in milliseconds.</summary>
internal sealed record LatencyReport(double P50, double P90, double P99, double P999, double Max);
