using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Bench;

public sealed class ConnectionsTests(BenchCluster cluster) : IClassFixture<BenchCluster>
{
    [Fact]
    public async Task Every_round_opens_all_connections_and_reports_bytes_for_each()
    {
        var (exitCode, report) = await CliProcess.ReportAsync(
            ["bench", "connections", "--connections", "300", "--hold", "0.2", "--rounds", "2", .. cluster.Arguments, "--pid",
                $"{cluster.RoomHost.Process.Id}"]);
        Assert.True(exitCode == 0, report.ToString());
        var rounds = report.GetProperty("rounds").EnumerateArray().ToList();
        Assert.Equal(2, rounds.Count);
        foreach (var round in rounds)
        {
            Assert.True(round.GetProperty("rssBytes").GetInt64() > 0);
            Assert.True(round.TryGetProperty("bytesEach", out _));
            Assert.Equal(0, round.GetProperty("closed").GetInt32());
        }
        await Eventually.Async(cluster.RoomsAsync, rooms => rooms.Length == 0);
    }
}
