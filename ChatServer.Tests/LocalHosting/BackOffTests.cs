using ChatServer.LocalHosting.Runner;

namespace ChatServer.Tests.LocalHosting;

public sealed class BackOffTests
{
    [Fact]
    public void The_waits_double_up_to_half_a_minute()
    {
        var backOff = new BackOff();
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], Enumerable.Range(0, 7).Select(_ => backOff.Next(TimeSpan.Zero).TotalSeconds));
    }

    [Fact]
    public void Who_lived_long_waits_shortly_again()
    {
        var backOff = new BackOff();
        for (var crash = 0; crash < 5; crash++) backOff.Next(TimeSpan.Zero);

        Assert.Equal(BackOff.First, backOff.Next(BackOff.Steady));
        Assert.Equal(BackOff.First * 2, backOff.Next(TimeSpan.Zero));
    }
}
