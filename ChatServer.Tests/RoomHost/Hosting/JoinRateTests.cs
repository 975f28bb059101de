using System.Net;
using ChatServer.RoomHost.Hosting;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class JoinRateTests
{
    private static readonly IPAddress One = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Other = IPAddress.Parse("192.0.2.2");

    [Fact]
    public void An_address_may_connect_so_often_at_once_and_no_more()
    {
        using var rate = new JoinRate(50);

        Assert.All(Enumerable.Range(0, 50), _ => Assert.True(rate.TryJoin(One)));
        // A machine that dawdles here gives back one every 20 ms.
        Assert.Contains(Enumerable.Range(0, 1000), _ => !rate.TryJoin(One));
    }

    [Fact]
    public void Addresses_do_not_use_up_each_others_rate()
    {
        using var rate = new JoinRate(1);

        Assert.True(rate.TryJoin(One));
        Assert.True(rate.TryJoin(Other));
        Assert.True(rate.TryJoin(null));
    }

    [Fact]
    public async Task Who_was_refused_may_connect_again_soon()
    {
        using var rate = new JoinRate(5);
        while (rate.TryJoin(One))
        {
        }

        await Eventually.Async(() => rate.TryJoin(One));
    }

    [Fact]
    public void Zero_switches_the_rate_off()
    {
        using var rate = new JoinRate(0);

        Assert.All(Enumerable.Range(0, 100_000), _ => Assert.True(rate.TryJoin(One)));
    }
}
