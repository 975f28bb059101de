using System.Text.Json;

namespace ChatServer.Tests.Bench;

/// <summary>That a room is sound proves something only if one that is not would have been found out.</summary>
public sealed class FaultTests
{
    // Three members, of whom the first publishes and the third is the victim.
    private static readonly string[] Run =
        ["fanout", "--clients", "3", "--publishers", "1", "--window", "8", "--warm-up", "0", "--duration", "0.5", "--drain", "0.5"];

    [Theory]
    [InlineData(Fault.Drop, "lost", "sequencesSkipped")]
    [InlineData(Fault.Repeat, "repeated", "sequencesRepeated")]
    [InlineData(Fault.Swap, "reordered", "sequencesReordered")]
    [InlineData(Fault.SkipSequence, "sequencesSkipped")]
    [InlineData(Fault.Gibberish, "malformed")]
    public async Task A_fault_is_counted_once_as_what_it_is(Fault fault, params string[] counted)
    {
        await using var room = await FaultyRoom.StartAsync(fault);
        var (exitCode, report) = await BenchProcess.ReportAsync([.. Run, "--url", room.Url]);
        Assert.True(exitCode == 1, report.ToString());
        Assert.False(report.GetProperty("well").GetBoolean());
        var faults = report.GetProperty("faults").EnumerateObject().Where(f => f.Value is { ValueKind: JsonValueKind.Number } v && v.GetInt64() != 0);
        Assert.Equal(counted.Select(name => (name, 1L)), faults.Select(f => (f.Name, f.Value.GetInt64())));
    }

    [Fact]
    public async Task The_same_room_without_a_fault_is_sound()
    {
        await using var room = await FaultyRoom.StartAsync(Fault.None);
        var (exitCode, report) = await BenchProcess.ReportAsync([.. Run, "--url", room.Url]);
        Assert.True(exitCode == 0, report.ToString());
    }

    [Fact]
    public async Task A_member_that_is_cut_off_is_told_with_its_code_and_is_not_all_is_well()
    {
        await using var room = await FaultyRoom.StartAsync(Fault.Close);
        var (exitCode, report) = await BenchProcess.ReportAsync([.. Run, "--url", room.Url]);
        Assert.True(exitCode == 1, report.ToString());
        var closed = Assert.Single(report.GetProperty("closed").EnumerateArray());
        Assert.Equal(("1013 too slow", 1), (closed.GetProperty("how").GetString(), closed.GetProperty("connections").GetInt32()));
        Assert.Equal(0, report.GetProperty("faults").GetProperty("lost").GetInt64());
    }

    [Fact]
    public async Task A_room_that_refuses_a_message_ends_the_run_with_its_words()
    {
        await using var room = await FaultyRoom.StartAsync(Fault.Refuse);
        var (exitCode, output) = await BenchProcess.RunAsync([.. Run, "--url", room.Url]);
        Assert.Equal(2, exitCode);
        Assert.Contains("rate-limited", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--window", "8")]
    [InlineData("--rate", "21")]
    public async Task A_load_above_the_rooms_own_limit_is_not_begun(string load, string value)
    {
        await using var room = await FaultyRoom.StartAsync(Fault.None, messagesPerSecond: 20);
        var (exitCode, output) = await BenchProcess.RunAsync("fanout", "--clients", "3", "--publishers", "1", load, value, "--url", room.Url);
        Assert.Equal(2, exitCode);
        Assert.Contains("Use --rate 20 or less", output, StringComparison.Ordinal);
    }
}
