using System.Text.Json;

namespace ChatServer.Tests.Bench.Drill;

/// <summary>The drill with all services as processes, and each fault once.</summary>
public sealed class DrillTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private static readonly string[] Small = ["--rooms", "4", "--members", "12", "--rate", "40", "--pause", "0.5"];

    [Fact]
    public async Task Every_fault_costs_time_and_nothing_else()
    {
        string[] faults = ["kill-roomhost", "stop-roomhost", "kill-loadbalancer", "kill-api", "restart-redis", "drain"];
        var (exitCode, report) = await BenchProcess.ReportAsync(Patience, ["drill", "--fault", .. faults, .. Small]);
        Assert.True(exitCode == 0, report.ToString());
        Assert.Equal((0, 0, 0, 0), (
            Number(report, "lost"), Number(report, "duplicated"), Number(report, "reordered"), Number(report, "divergentMembers")));
        Assert.True(Number(report, "acknowledged") > 0);
        Assert.Equal(faults, report.GetProperty("faults").EnumerateArray().Select(f => f.GetProperty("fault").GetString()));
        // These faults affect at least one member; the others may hit a process that no member uses.
        Assert.All(
            report.GetProperty("faults").EnumerateArray().Where(f => f.GetProperty("fault").GetString() is "kill-roomhost" or "drain"),
            f => Assert.True(Number(f, "reconnects") > 0, report.ToString()));
    }

    [Fact]
    public async Task An_embedded_Redis_that_is_killed_costs_time_and_nothing_else()
    {
        var (exitCode, report) = await BenchProcess.ReportAsync(
            Patience, ["drill", "--fault", "restart-redis", "--embedded-redis", .. Small]);
        Assert.True(exitCode == 0, report.ToString());
        Assert.True(Number(report, "acknowledged") > 0);
    }

    public static TheoryData<string, string[]> Impossible => new()
    {
        { "--fault", ["drill"] },
        { "--members is less than --rooms", ["drill", "--fault", "drain", "--members", "3", "--rooms", "4"] },
        { "--balancers is missing", ["drill", "--fault", "drain", "--api", "http://127.0.0.1:1", "--key", "k"] },
        { "drain needs an Admin", [.. Elsewhere("drain")] },
        { "kill-roomhost needs the process: --pid roomhost-1=", [.. Elsewhere("kill-roomhost")] },
        { "is not like roomhost-1=1234", [.. Elsewhere("kill-roomhost"), "--pid", "mailhost=1"] },
        { "--services names the folder", ["drill", "--fault", "drain", "--services", "/nowhere"] },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task Impossible_drill_ends_with_one_line(string line, string[] arguments)
    {
        var (exitCode, output) = await BenchProcess.RunAsync(arguments);
        Assert.Equal(2, exitCode);
        Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static string[] Elsewhere(string fault) =>
        ["drill", "--fault", fault, "--api", "http://127.0.0.1:1", "--key", "k", "--balancers", "http://127.0.0.1:1"];

    private static long Number(JsonElement report, string name) => report.GetProperty(name).GetInt64();
}
