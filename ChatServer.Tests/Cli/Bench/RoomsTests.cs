using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Bench;

public sealed class RoomsTests(BenchCluster cluster) : IClassFixture<BenchCluster>
{
    [Fact]
    public async Task Rooms_are_created_found_at_their_ports_and_deleted()
    {
        var (exitCode, report) = await CliProcess.ReportAsync(
            ["bench", "rooms", "--rooms", "60", "--parallel", "8", .. cluster.Arguments, "--pid", $"{cluster.RoomHost.Process.Id}"]);
        Assert.True(exitCode == 0, report.ToString());
        Assert.Equal(60, report.GetProperty("rooms").GetInt32());
        Assert.Equal(0, report.GetProperty("wrong").GetInt32());
        var times = report.GetProperty("answerMs");
        Assert.InRange(times.GetProperty("p99").GetDouble(), times.GetProperty("p50").GetDouble(), times.GetProperty("max").GetDouble());
        Assert.True(report.GetProperty("rssBytes").GetInt64() > 0);
        await Eventually.Async(cluster.RoomsAsync, rooms => rooms.Length == 0);
    }

    [Fact]
    public async Task A_wrong_key_is_named_as_the_reason()
    {
        var (exitCode, output) = await CliProcess.RunAsync("bench", "rooms", "--api", $"{cluster.Api.Http.BaseAddress}", "--key", "wrong");
        Assert.Equal(2, exitCode);
        Assert.Contains($"{(int)HttpStatusCode.Unauthorized}: the key is wrong or missing.", output, StringComparison.Ordinal);
    }
}
