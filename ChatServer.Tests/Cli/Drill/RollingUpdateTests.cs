using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Drill;

/// <summary>The update of a small deployment, one process after another. docs/reliability.md has the results of the full size.</summary>
public sealed class RollingUpdateTests
{
    // Each load balancer takes five seconds to close its members.
    private static readonly TimeSpan UpdateTimeout = 6 * Eventually.Timeout;

    [Fact]
    public async Task Rolling_update_loses_nothing_and_reconnects_a_member_at_most_twice()
    {
        var (exitCode, report) = await CliProcess.ReportAsync(
            UpdateTimeout,
            ["drill", "--fault", "rolling-update", "--rooms", "4", "--members", "12", "--rate", "40", "--pause", "0.5"]);

        Assert.True(exitCode == 0, report.ToString());
        var fault = Assert.Single(report.GetProperty("faults").EnumerateArray());
        // Every member was at a load balancer that was updated.
        Assert.InRange(fault.GetProperty("mostReconnects").GetInt32(), 1, 2);
        Assert.Equal(0, fault.GetProperty("unexpectedReconnects").GetInt32());
        Assert.InRange(report.GetProperty("acknowledged").GetInt32(), 1, int.MaxValue);
    }
}
