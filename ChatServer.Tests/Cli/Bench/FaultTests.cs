using System.Text.Json;

namespace ChatServer.Tests.Cli.Bench;

/// <summary>The checks of a run detect each fault of a room.</summary>
public sealed class FaultTests
{
    // Three members, of whom the first publishes and the third is the victim.
    private static readonly string[] Run =
        ["bench", "fanout", "--clients", "3", "--publishers", "1", "--window", "8", "--warm-up", "0", "--duration", "0.5", "--drain", "0.5"];

    [Theory]
    [InlineData(RoomFault.Drop, "lost", "sequencesSkipped")]
    [InlineData(RoomFault.Repeat, "repeated", "sequencesRepeated")]
    [InlineData(RoomFault.Swap, "reordered", "sequencesReordered")]
    [InlineData(RoomFault.SkipSequence, "sequencesSkipped")]
    [InlineData(RoomFault.Gibberish, "malformed")]
    public async Task Each_fault_is_counted_once_in_its_category(RoomFault fault, params string[] counted)
    {
        await using var room = await FaultyRoom.StartAsync(fault);
        var (exitCode, report) = await CliProcess.ReportAsync([.. Run, "--url", room.Url]);
        Assert.True(exitCode == 1, report.ToString());
        Assert.False(report.GetProperty("well").GetBoolean());
        var faults = report.GetProperty("faults").EnumerateObject().Where(
            f => f.Value is { ValueKind: JsonValueKind.Number } v && v.GetInt64() != 0);
        Assert.Equal(counted.Select(name => (name, 1L)), faults.Select(f => (f.Name, f.Value.GetInt64())));
    }

    [Fact]
    public async Task Room_without_a_fault_passes()
    {
        await using var room = await FaultyRoom.StartAsync(RoomFault.None);
        var (exitCode, report) = await CliProcess.ReportAsync([.. Run, "--url", room.Url]);
        Assert.True(exitCode == 0, report.ToString());
    }

    [Fact]
    public async Task Closed_member_is_reported_with_its_code_and_fails_the_run()
    {
        await using var room = await FaultyRoom.StartAsync(RoomFault.Close);
        var (exitCode, report) = await CliProcess.ReportAsync([.. Run, "--url", room.Url]);
        Assert.True(exitCode == 1, report.ToString());
        var closed = Assert.Single(report.GetProperty("closed").EnumerateArray());
        Assert.Equal(("1013 too slow", 1), (closed.GetProperty("how").GetString(), closed.GetProperty("connections").GetInt32()));
        Assert.Equal(0, report.GetProperty("faults").GetProperty("lost").GetInt64());
    }

    [Fact]
    public async Task Refused_message_ends_the_run_with_the_error_text()
    {
        await using var room = await FaultyRoom.StartAsync(RoomFault.Refuse);
        var (exitCode, output) = await CliProcess.RunAsync([.. Run, "--url", room.Url]);
        Assert.Equal(2, exitCode);
        Assert.Contains("rate-limited", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--window", "8")]
    [InlineData("--rate", "21")]
    public async Task Load_above_the_rooms_rate_limit_is_not_started(string load, string value)
    {
        await using var room = await FaultyRoom.StartAsync(RoomFault.None, messagesPerSecond: 20);
        var (exitCode, output) = await CliProcess.RunAsync(
            "bench", "fanout", "--clients", "3", "--publishers", "1", load, value, "--url", room.Url);
        Assert.Equal(2, exitCode);
        Assert.Contains("Use --rate 20 or less", output, StringComparison.Ordinal);
    }
}
