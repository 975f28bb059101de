using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Bench;

/// <summary>A short attack with all services as processes. docs/reliability.md has the command and results of the full size.</summary>
public sealed class HistoryReadsTests
{
    // A busy machine delays echoes: the limit of the full size is 300 ms.
    [Fact]
    public async Task Abandoned_history_reads_leave_memory_and_the_other_host_undisturbed()
    {
        var (exitCode, report) = await CliProcess.ReportAsync(
            2 * Eventually.Timeout, ["bench", "history-reads", "--events", "400", "--connections", "100", "--seconds", "5", "--max-echo", "10000"]);

        Assert.True(exitCode == 0, report.ToString()); // no message without echo, and Redis below 200 MB
        Assert.InRange(report.GetProperty("handshakes").GetInt32(), 100, int.MaxValue);
        Assert.All(report.GetProperty("memory").EnumerateArray(), use =>
            Assert.InRange(use.GetProperty("peak").GetInt64() - use.GetProperty("before").GetInt64(), 0, 150_000_000));
    }
}
