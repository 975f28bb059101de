using System.Net;
using ChatServer.RoomHost.Hosting;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class JoinRateLimiterTests
{
    private static readonly IPAddress One = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Other = IPAddress.Parse("192.0.2.2");

    [Fact]
    public void Burst_of_an_address_is_limited()
    {
        using var rate = new JoinRateLimiter(50, perSessionAndSecond: 1);

        Assert.All(Enumerable.Range(0, 50), _ => Assert.True(rate.TryAcquire(One)));
        // On a slow machine the limiter adds a permit every 20 ms during the loop.
        Assert.Contains(Enumerable.Range(0, 1000), _ => !rate.TryAcquire(One));
    }

    [Fact]
    public void Each_address_has_its_own_limit()
    {
        using var rate = new JoinRateLimiter(1, perSessionAndSecond: 1);

        Assert.True(rate.TryAcquire(One));
        Assert.True(rate.TryAcquire(Other));
        Assert.True(rate.TryAcquire(null));
    }

    [Fact]
    public void Addresses_of_one_IPv6_network_have_one_limit()
    {
        using var rate = new JoinRateLimiter(50, perSessionAndSecond: 1);

        // On a slow machine the limiter adds a permit every 20 ms during the loop.
        Assert.Contains(Enumerable.Range(0, 1000), i => !rate.TryAcquire(IPAddress.Parse($"2001:db8::{i}")));
        Assert.True(rate.TryAcquire(IPAddress.Parse("2001:db8:0:1::1")));
    }

    [Fact]
    public async Task Refused_address_may_connect_again_after_refill()
    {
        using var rate = new JoinRateLimiter(5, perSessionAndSecond: 1);
        while (rate.TryAcquire(One))
        {
        }

        await Eventually.Async(() => rate.TryAcquire(One));
    }

    [Fact]
    public void Zero_disables_the_limit()
    {
        using var rate = new JoinRateLimiter(0, perSessionAndSecond: 1);

        Assert.All(Enumerable.Range(0, 100_000), _ => Assert.True(rate.TryAcquire(One)));
    }
}
