using System.Net.WebSockets;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>What becomes of a member that takes what the room says later than it comes.</summary>
public sealed class MemberConnectionTests(RoomCluster cluster) : IClassFixture<RoomCluster>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_member_that_reads_late_gets_everything_in_its_order()
    {
        const int Messages = 50_000; // more bytes than the sockets on the way hold
        var lb = await cluster.LoadBalancerAsync();
        var room = await cluster.RoomAsync("patient");
        using var member = await lb.ConnectAsync($"/rooms/patient?say={Messages}");
        await StandsStillAsync(room);
        Assert.InRange(room.Said, 1, Messages - 1);

        Assert.Equal("patient", await member.ReceiveTextAsync());
        for (var i = 0; i < Messages; i++)
            Assert.Equal($"{i}{FakeRoom.LongWords}", await member.ReceiveTextAsync());
        await member.SendAsync("and now?"u8.ToArray(), WebSocketMessageType.Text, true, Ct);
        Assert.Equal("and now?", await member.ReceiveTextAsync());
    }

    [Fact]
    public async Task A_member_that_takes_nothing_for_a_minute_is_cut_off()
    {
        var time = new FakeTimeProvider();
        var lb = await cluster.LoadBalancerAsync(time);
        var room = await cluster.RoomAsync("tired");
        using var member = await lb.ConnectAsync("/rooms/tired?say=1000000");
        await StandsStillAsync(room);

        time.Advance(TimeSpan.FromSeconds(59));
        await StandsStillAsync(room);
        Assert.Equal(1, room.Members);

        await Eventually.Async(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return room.Members == 0;
        });
    }

    /// <summary>The room has said as much as the way to its member takes.</summary>
    private static async Task StandsStillAsync(FakeRoom room)
    {
        var (said, looks) = (-1, 0);
        await Eventually.Async(() =>
        {
            looks = room.Said == said ? looks + 1 : 0;
            said = room.Said;
            return looks == 30;
        });
    }
}
