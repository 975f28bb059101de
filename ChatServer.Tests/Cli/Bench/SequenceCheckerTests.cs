using ChatServer.Cli.Bench.Fanout;

namespace ChatServer.Tests.Cli.Bench;

public sealed class SequenceCheckerTests
{
    [Theory]
    // received, skipped, missing before 10, repeated, reordered
    [InlineData(new[] { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, 0, 0, 0, 0)]
    [InlineData(new[] { 0, 1, 2 }, 0, 7, 0, 0)]
    [InlineData(new[] { 0, 9 }, 8, 8, 0, 0)]
    [InlineData(new[] { 0, 9, 4 }, 7, 7, 0, 1)]
    [InlineData(new[] { 0, 9, 4, 4 }, 7, 7, 1, 1)]
    [InlineData(new[] { 0, 9, 1, 8 }, 6, 6, 0, 2)]
    [InlineData(new[] { 0, 3, 6, 9, 5, 2, 8, 1, 7, 4 }, 0, 0, 0, 6)]
    [InlineData(new[] { 0, 0, 1, 1, 2 }, 0, 7, 2, 0)]
    [InlineData(new[] { 1, 0, 2, 3, 5, 4, 6, 7, 8, 9 }, 0, 0, 0, 2)]
    public void Lost_repeated_and_reordered_numbers_are_distinguished(int[] came, long skipped, long missing, long repeated, long reordered)
    {
        var sequence = new SequenceChecker(0);
        foreach (var number in came) sequence.Observe(number);
        Assert.Equal(
            (skipped, missing, repeated, reordered), (sequence.Skipped, sequence.MissingBefore(10), sequence.Repeated, sequence.Reordered));
    }
}
