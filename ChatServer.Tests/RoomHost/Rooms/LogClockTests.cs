using System.Text;
using ChatServer.Backplane.Rooms;
using ChatServer.RoomHost.Rooms;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

public sealed class LogClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Times_of_a_log_never_decrease_when_the_clock_of_the_host_is_behind_or_set_back()
    {
        var time = new FakeTimeProvider(Noon - TimeSpan.FromHours(1));
        var clock = new LogClock(time, newest: Noon);

        Assert.Equal(Noon, clock.GetNow());
        time.SetUtcNow(Noon + TimeSpan.FromSeconds(2));
        Assert.Equal(Noon + TimeSpan.FromSeconds(2), clock.GetNow());
        time.AdjustTime(Noon);
        Assert.Equal(Noon + TimeSpan.FromSeconds(2), clock.GetNow());
    }

    [Theory]
    [InlineData("""{"type":"message","seq":1,"time":"2026-01-31T12:00:00.000Z"}""", true)]
    [InlineData("""{"type":"message","seq":1,"time":"noon"}""", false)]
    [InlineData("""{"type":"message","seq":1,"time":12}""", false)]
    [InlineData("""{"type":"message","seq":1}""", false)]
    [InlineData("7", false)]
    public void Time_of_the_newest_event_is_read_from_the_log_if_it_has_one(string json, bool hasTime)
    {
        var entry = new LogEntry(LogEntry.EmptyKey, Encoding.UTF8.GetBytes(json));
        var tail = new LogTail(new LogPage("e", 1, 1, [(1, entry)]), []);

        Assert.Equal(hasTime ? Noon : default, tail.NewestTime);
    }
}
