using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Bench;

public sealed class FanoutTests(BenchCluster cluster) : IClassFixture<BenchCluster>
{
    private static readonly string[] Short = ["bench", "fanout", "--clients", "20", "--publishers", "3", "--warm-up", "0", "--duration", "1"];

    [Theory]
    [InlineData("--durability", "memory", "--window", "4")]
    [InlineData("--durability", "redis", "--window", "4")]
    [InlineData("--durability", "redis", "--rate", "100")]
    [InlineData("--through", "balancer", "--window", "4")]
    public async Task Correct_room_passes_with_every_delivery_checked(params string[] how)
    {
        var (exitCode, report) = await CliProcess.ReportAsync(
            [.. Short, .. cluster.Arguments, .. how, "--pid", $"{cluster.RoomHost.Process.Id}"]);
        Assert.True(exitCode == 0, report.ToString());
        Assert.True(report.GetProperty("well").GetBoolean());
        Assert.Equal(0, Faults(report).Sum(fault => fault.Value));
        // Each of the 20 members got each message.
        var deliveries = report.GetProperty("checked").GetInt64();
        Assert.True(deliveries > 0);
        Assert.Equal(0, deliveries % 20);
        Assert.True(report.GetProperty("latencyMs").GetProperty("p50").GetDouble() > 0);
        Assert.True(report.GetProperty("server").GetProperty("rssBytes").GetInt64() > 0);
        await Eventually.Async(cluster.RoomsAsync, rooms => rooms.Length == 0);
    }

    [Fact]
    public async Task Report_is_printed_as_a_table()
    {
        var (exitCode, output) = await CliProcess.RunAsync([.. Short, .. cluster.Arguments]);
        Assert.True(exitCode == 0, output);
        Assert.Contains("lost, repeated, reordered", output, StringComparison.Ordinal);
        Assert.Contains("measuring", output, StringComparison.Ordinal);
        Assert.EndsWith("All is well.", output.TrimEnd(), StringComparison.Ordinal);
    }

    public static TheoryData<string, string[]> Impossible => new()
    {
        { "exclude each other", ["bench", "fanout", "--window", "2", "--rate", "3"] },
        { "--clients is '0', not a whole number from 1 to 100000.", ["bench", "fanout", "--clients", "0"] },
        { "--clients is 'x', not a whole number", ["bench", "fanout", "--clients", "x"] },
        { "--clients is '99999999999', not a whole number", ["bench", "fanout", "--clients", "99999999999"] },
        { "--window is 'x', not a whole number", ["bench", "fanout", "--window", "x"] },
        { "--rate is 'NaN', not a rate per second", ["bench", "fanout", "--rate", "NaN"] },
        { "--duration is '0', not a number of seconds from 0.1 to 86400.", ["bench", "fanout", "--duration", "0"] },
        { "--hold is 'x', not a number of seconds", ["bench", "connections", "--hold", "x"] },
        { "Cannot parse argument 'x' for option '--pid'", ["bench", "rooms", "--pid", "x"] },
        { "There is no process", ["bench", "rooms", "--api", "http://127.0.0.1:1", "--key", "k", "--pid", "2147483647"] },
        { "--key is missing", ["bench", "fanout"] },
        { "Connection refused", ["bench", "fanout", "--api", "http://127.0.0.1:1", "--key", "k"] },
        { "not an address such as ws://", ["bench", "fanout", "--url", "http://127.0.0.1:1/"] },
        { "not an address such as http://", ["bench", "rooms", "--api", "localhost:1", "--key", "k"] },
        { "No connection to 127.0.0.1:1", ["bench", "connections", "--url", "ws://127.0.0.1:1/"] },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task Impossible_run_ends_with_one_line_and_its_own_exit_code(string line, string[] arguments)
    {
        var (exitCode, output) = await CliProcess.RunAsync(arguments);
        Assert.Equal(2, exitCode);
        Assert.Contains(line, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    private static IEnumerable<KeyValuePair<string, long>> Faults(JsonElement report) =>
        from fault in report.GetProperty("faults").EnumerateObject()
        where fault.Value.ValueKind == JsonValueKind.Number
        select KeyValuePair.Create(fault.Name, fault.Value.GetInt64());
}
