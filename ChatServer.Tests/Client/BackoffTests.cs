using ChatServer.Client;
using ChatServer.Client.Connections;

namespace ChatServer.Tests.Client;

/// <summary>The delay before the next attempt.</summary>
public sealed class BackoffTests
{
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(5);
    private static readonly ConnectionEnd Nobody = ConnectionEnd.Broken("nobody there");

    [Fact]
    public void First_reconnect_has_no_delay()
    {
        var backoff = new Backoff(addresses: 2, Max);
        Assert.InRange(backoff.DelayAfter(Nobody with { ConnectedFor = TimeSpan.FromMinutes(1) }).TotalMilliseconds, 0, 50);
        // The first address does not respond: the second is tried without a delay.
        Assert.Equal(TimeSpan.Zero, backoff.DelayAfter(Nobody));
        Assert.InRange(backoff.DelayAfter(Nobody).TotalMilliseconds, 50, 100);
    }

    [Fact]
    public void Delay_doubles_each_round_up_to_the_maximum()
    {
        var backoff = new Backoff(addresses: 2, Max);
        for (var longest = 100; longest <= 12_800; longest *= 2)
        {
            Assert.Equal(TimeSpan.Zero, backoff.DelayAfter(Nobody));
            var most = Math.Min(longest, Max.TotalMilliseconds);
            Assert.InRange(backoff.DelayAfter(Nobody).TotalMilliseconds, most / 2, most);
        }
        backoff.DelayAfter(Nobody with { ConnectedFor = TimeSpan.FromSeconds(3) });
        backoff.DelayAfter(Nobody);
        Assert.InRange(backoff.DelayAfter(Nobody).TotalMilliseconds, 50, 100);
    }

    [Fact]
    public void Short_connections_do_not_reset_the_backoff()
    {
        var backoff = new Backoff(addresses: 1, Max);
        var thrownOut = ConnectionEnd.Closed(1013, "too slow", reconnect: true) with { ConnectedFor = TimeSpan.FromMilliseconds(10) };
        for (var longest = 100; longest <= 3200; longest *= 2)
            Assert.InRange(backoff.DelayAfter(thrownOut).TotalMilliseconds, longest / 2, longest);
    }

    [Fact]
    public void Retry_after_is_respected()
    {
        var backoff = new Backoff(addresses: 1, Max);
        for (var times = 0; times < 10; times++)
            Assert.InRange(backoff.DelayAfter(ConnectionEnd.Refused(503, "", TimeSpan.FromSeconds(1))).TotalSeconds, 1, 1.2);
        // A Retry-After of almost zero does not remove the backoff.
        Assert.InRange(backoff.DelayAfter(ConnectionEnd.Refused(503, "", TimeSpan.Zero)).TotalSeconds, 2.5, 5);
    }

    [Fact]
    public void Status_429_does_not_try_the_next_address()
    {
        var backoff = new Backoff(addresses: 2, Max);
        Assert.InRange(backoff.DelayAfter(ConnectionEnd.Refused(429, "", TimeSpan.FromSeconds(1))).TotalSeconds, 1, 1.2);
        Assert.Equal(TimeSpan.FromSeconds(0), new Backoff(addresses: 2,
            Max).DelayAfter(ConnectionEnd.Refused(503, "", TimeSpan.FromSeconds(1))));
    }
}
