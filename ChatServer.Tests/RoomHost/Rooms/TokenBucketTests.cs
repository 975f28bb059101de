using ChatServer.RoomHost.Rooms;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

public sealed class TokenBucketTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Burst_passes_at_once_and_then_the_rate_applies()
    {
        var bucket = new TokenBucket(perSecond: 10, burst: 5);
        Assert.Equal(5, CountTaken(ref bucket, tries: 20));
        _time.Advance(TimeSpan.FromMilliseconds(100) - Tick);
        Assert.Equal(0, CountTaken(ref bucket, 20));
        _time.Advance(2 * Tick);
        Assert.Equal(1, CountTaken(ref bucket, 20));
        _time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(5, CountTaken(ref bucket, 20)); // at most the burst accumulates
    }

    [Fact]
    public void Long_term_rate_holds_for_any_number_of_attempts()
    {
        var bucket = new TokenBucket(perSecond: 20, burst: 1);
        var taken = 0;
        for (var i = 0; i < 100_000; i++)
        {
            taken += CountTaken(ref bucket, 1);
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }
        Assert.InRange(taken, 1999, 2001);
    }

    [Fact]
    public void Rate_of_0_disables_the_limit()
    {
        var bucket = new TokenBucket(perSecond: 0, burst: 1);
        Assert.Equal(1000, CountTaken(ref bucket, 1000));
    }

    private int CountTaken(ref TokenBucket bucket, int tries)
    {
        var taken = 0;
        for (var i = 0; i < tries; i++)
            taken += bucket.TryTake(_time) ? 1 : 0;
        return taken;
    }
}
