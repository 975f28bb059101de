using ChatServer.RoomHost.Rooms;

namespace ChatServer.Tests.RoomHost.Rooms;

public sealed class TokenBucketTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void A_burst_goes_at_once_and_then_as_many_as_the_rate_allows()
    {
        var bucket = new TokenBucket(perSecond: 10, burst: 5);
        Assert.Equal(5, Taken(ref bucket, Second, tries: 20));
        Assert.Equal(0, Taken(ref bucket, Second + Second / 10 - 1, 20));
        Assert.Equal(1, Taken(ref bucket, Second + Second / 10 + 1, 20));
        Assert.Equal(5, Taken(ref bucket, 100 * Second, 20)); // no more than the burst is saved
    }

    [Fact]
    public void In_the_long_run_the_rate_holds_however_often_one_tries()
    {
        var bucket = new TokenBucket(perSecond: 20, burst: 1);
        var taken = 0;
        for (var now = Second; now < 101 * Second; now += Second / 1000)
            taken += Taken(ref bucket, now, 1);
        Assert.InRange(taken, 1999, 2001);
    }

    [Fact]
    public void A_rate_of_0_is_no_limit()
    {
        var bucket = new TokenBucket(perSecond: 0, burst: 1);
        Assert.Equal(1000, Taken(ref bucket, Second, 1000));
    }

    private static int Taken(ref TokenBucket bucket, long now, int tries)
    {
        var taken = 0;
        for (var i = 0; i < tries; i++)
            taken += bucket.TryTake(now, Second) ? 1 : 0;
        return taken;
    }
}
