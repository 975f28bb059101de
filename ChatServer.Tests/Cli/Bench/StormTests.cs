using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Bench;

/// <summary>Small storms with all services as processes. docs/reliability.md has the commands and results of the full sizes.</summary>
public sealed class StormTests
{
    private static readonly TimeSpan StormTimeout = 2 * Eventually.Timeout;

    [Theory]
    [InlineData("balancer", 400)]
    [InlineData("port", 500)]
    public async Task All_members_of_a_storm_get_in_and_none_is_refused(string at, int members)
    {
        var (exitCode, report) = await CliProcess.ReportAsync(
            StormTimeout, ["bench", "storm", "--at", at, "--members", $"{members}", "--times", "1", "--patience", "30"]);

        Assert.True(exitCode == 0, report.ToString()); // none refused, all resumed, without a gap
        var round = Assert.Single(report.GetProperty("rounds").EnumerateArray());
        Assert.Empty(round.GetProperty("refusals").EnumerateObject());
        Assert.InRange(round.GetProperty("maxMs").GetDouble(), 1, 30_000);
    }

    [Theory]
    [InlineData("--members is '0', not a whole number", "--members", "0")]
    [InlineData("A storm at a load balancer needs two of them", "--api", "http://127.0.0.1:1", "--key", "k", "--balancers", "http://127.0.0.1:1")]
    public async Task Impossible_storm_ends_with_one_line(string line, params string[] arguments)
    {
        var (exitCode, output) = await CliProcess.RunAsync(["bench", "storm", .. arguments]);
        Assert.Equal(2, exitCode);
        Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }
}
