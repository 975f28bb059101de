using System.Diagnostics;
using HdrHistogram;

namespace ChatServer.Bench.Fanout;

/// <summary>How long deliveries took: a histogram a thread, so that recording one shares nothing.</summary>
internal sealed class Latencies : IDisposable
{
    // Microseconds to a minute in three digits: 280 KB a thread. What took longer counts as a minute.
    private const long MaxMicroseconds = 60_000_000;

    private readonly ThreadLocal<LongHistogram> _histograms = new(() => new LongHistogram(MaxMicroseconds, 3), trackAllValues: true);

    /// <summary>Records the time between two <see cref="Stopwatch.GetTimestamp"/>.</summary>
    public void Record(long from, long to) =>
        _histograms.Value!.RecordValue(Math.Clamp((to - from) * 1_000_000 / Stopwatch.Frequency, 0, MaxMicroseconds));

    /// <summary>Sums it up; nobody records any more.</summary>
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

/// <summary>From saying a message to its arrival at a member, in milliseconds.</summary>
internal sealed record LatencyReport(double P50, double P90, double P99, double P999, double Max);
