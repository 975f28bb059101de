using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Drill;

/// <summary>The drill with all services as processes, and each fault once.</summary>
public sealed class DrillTests
{
    // A deployment starts, and each fault takes up to a quarter of a minute.
    private static readonly TimeSpan DrillTimeout = 6 * Eventually.Timeout;

    private static readonly string[] Small = ["--rooms", "4", "--members", "12", "--rate", "40", "--pause", "0.5"];

    [Fact]
    public async Task Each_fault_loses_repeats_and_reorders_nothing()
    {
        string[] onLinux = OperatingSystem.IsLinux() ? ["cut-relay"] : [];
        string[] faults = ["kill-roomhost", "drain", "stop-roomhost", "kill-loadbalancer", "kill-api", "restart-redis", .. onLinux];
        var (exitCode, report) = await CliProcess.ReportAsync(DrillTimeout, ["drill", "--fault", .. faults, .. Small]);
        Assert.True(exitCode == 0, report.ToString());
        Assert.Equal((0, 0, 0, 0), (
            Number(report, "lost"), Number(report, "duplicated"), Number(report, "reordered"), Number(report, "divergentMembers")));
        Assert.True(Number(report, "acknowledged") > 0);
        Assert.Equal(faults, report.GetProperty("faults").EnumerateArray().Select(f => f.GetProperty("fault").GetString()));
        // Of twelve members, some are connected through the killed load balancer. At most other faults, any new connection is a defect.
        Assert.True(Reconnects("kill-loadbalancer") > 0, report.ToString());
        Assert.True(report.GetProperty("keptGapMs").GetProperty("max").GetDouble() > 0);

        long Reconnects(string fault) =>
            Number(report.GetProperty("faults").EnumerateArray().Single(f => f.GetProperty("fault").GetString() == fault), "reconnects");
    }

    [Fact]
    public async Task Kill_of_the_embedded_Redis_loses_nothing()
    {
        var (exitCode, report) = await CliProcess.ReportAsync(
            DrillTimeout, ["drill", "--fault", "restart-redis", "--embedded-redis", .. Small]);
        Assert.True(exitCode == 0, report.ToString());
        Assert.True(Number(report, "acknowledged") > 0);
    }

    [Fact]
    [Needs(OptionalProgram.RedisServer)]
    public async Task Kill_of_a_master_of_a_Redis_Cluster_loses_nothing_and_closes_no_connection()
    {
        OptionalProgram.Require(OptionalProgram.RedisServer);
        var (exitCode, report) = await CliProcess.ReportAsync(
            DrillTimeout, ["drill", "--fault", "kill-redis-master", "--redis-cluster", .. Small]);
        Assert.True(exitCode == 0, report.ToString());
        Assert.True(Number(report, "acknowledged") > 0);
    }

    [Theory]
    [Needs(OptionalProgram.RedisServer)]
    [InlineData("--redis-sentinel")]
    [InlineData("--redis-replica")]
    public async Task Promotion_of_a_replica_that_lacks_events_loses_nothing_and_closes_no_connection(string redis)
    {
        OptionalProgram.Require(OptionalProgram.RedisServer);
        var (exitCode, report) = await CliProcess.ReportAsync(DrillTimeout, ["drill", "--fault", "kill-redis-master", redis, .. Small]);
        Assert.True(exitCode == 0, report.ToString());
        Assert.True(Number(report, "lackedByReplicas") > 0, report.ToString());
    }

    public static TheoryData<string, string[]> Impossible => new()
    {
        { "--fault", ["drill"] },
        { "--members is less than --rooms", ["drill", "--fault", "drain", "--members", "3", "--rooms", "4"] },
        { "--members is 'x', not a whole number", ["drill", "--fault", "drain", "--members", "x"] },
        { "--api is 'x', not an address", ["drill", "--fault", "drain", "--api", "x"] },
        { "--first-port is '-5', not a whole number", ["drill", "--fault", "drain", "--first-port", "-5"] },
        { "--first-port 65500 leaves too few ports for 50 rooms", ["drill", "--fault", "drain", "--first-port", "65500"] },
        { "--redis-cluster and --redis-sentinel exclude each other", ["drill", "--fault", "drain", "--redis-cluster", "--redis-sentinel"] },
        { "--replication-lag is '5', not a number of seconds from 0 to 4", ["drill", "--fault", "drain", "--replication-lag", "5"] },
        { "--balancers is missing", ["drill", "--fault", "drain", "--api", "http://127.0.0.1:1", "--key", "k"] },
        { "drain needs an Admin", [.. Elsewhere("drain")] },
        { "kill-roomhost needs the process: --pid roomhost-1=", [.. Elsewhere("kill-roomhost")] },
        {
            OperatingSystem.IsLinux() ? "cut-relay needs the process: --pid loadbalancer-1=" : "cut-relay needs Linux",
            [.. Elsewhere("cut-relay")]
        },
        { "is not like roomhost-1=1234", [.. Elsewhere("kill-roomhost"), "--pid", "mailhost=1"] },
        { "--services names the folder", ["drill", "--fault", "drain", "--services", "/nowhere"] },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task Impossible_drill_ends_with_one_line(string line, string[] arguments)
    {
        var (exitCode, output) = await CliProcess.RunAsync(arguments);
        Assert.Equal(2, exitCode);
        Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static string[] Elsewhere(string fault) =>
        ["drill", "--fault", fault, "--api", "http://127.0.0.1:1", "--key", "k", "--balancers", "http://127.0.0.1:1"];

    private static long Number(JsonElement report, string name) => report.GetProperty(name).GetInt64();
}
