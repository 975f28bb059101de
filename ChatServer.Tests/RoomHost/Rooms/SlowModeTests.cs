using ChatServer.RoomHost.Rooms;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

public sealed class SlowModeTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Users_beyond_the_maximum_are_forgotten_oldest_first()
    {
        var slow = new SlowMode(_time) { Interval = TimeSpan.FromHours(1) };

        for (var i = 0; i <= SlowMode.MaxUsers; i++)
            slow.OnAccepted($"user-{i}");

        Assert.Null(slow.TimeUntilAllowed("user-0"));
        Assert.Equal(TimeSpan.FromHours(1), slow.TimeUntilAllowed("user-1"));
    }

    [Fact]
    public void Longer_interval_applies_to_messages_that_were_sent_before()
    {
        var slow = new SlowMode(_time) { Interval = TimeSpan.FromSeconds(10) };
        slow.OnAccepted("ann");
        _time.Advance(TimeSpan.FromSeconds(9));

        slow.Interval = TimeSpan.FromSeconds(20);

        Assert.Equal(TimeSpan.FromSeconds(11), slow.TimeUntilAllowed("ann"));
    }
}
