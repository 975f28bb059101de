using ChatServer.Cli.Deployment;

namespace ChatServer.Cli.Reports;

/// <summary>CPU time and memory of a process during a run.</summary>
/// <param name="CpuSeconds">User and system time.</param>
/// <param name="CpuSecondsPerMillion">CPU seconds per million deliveries; null without deliveries.</param>
/// <param name="RssBytes">Resident memory at the end.</param>
/// <param name="PeakRssBytes">Maximum resident memory since the start of the process.</param>
internal sealed record CpuReport(double CpuSeconds, double? CpuSecondsPerMillion, long RssBytes, long PeakRssBytes)
{
    /// <summary>The difference between two samples; null without samples.</summary>
    public static CpuReport? Between(ProcessSample? before, ProcessSample? after, long deliveries)
    {
        if (before is null || after is null)
            return null;
        var cpu = (after.Cpu - before.Cpu).TotalSeconds;
        return new CpuReport(cpu, deliveries > 0 ? cpu * 1e6 / deliveries : null, after.RssBytes, after.PeakRssBytes);
    }

    /// <summary>The text in the table.</summary>
    public static IEnumerable<Row> Rows(CpuReport? server, CpuReport generator)
    {
        if (server is not null)
        {
            yield return new("server: CPU per million deliveries", $"{server.CpuSecondsPerMillion:N3} s");
            yield return new("server: RSS, peak", $"{server.RssBytes / 1048576.0:N1}, {server.PeakRssBytes / 1048576.0:N1} MB");
        }
        yield return new("this program: CPU per million deliveries", $"{generator.CpuSecondsPerMillion:N3} s");
    }
}
