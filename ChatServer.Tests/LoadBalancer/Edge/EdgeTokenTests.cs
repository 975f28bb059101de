using ChatServer.Contracts;
using ChatServer.Tests.RoomHost.Rooms;

namespace ChatServer.Tests.LoadBalancer.Edge;

/// <summary>The tests of tokens at a room's port hold for members of a load balancer.</summary>
public sealed class TokensThroughLoadBalancer(RoomRedis redis) : TokenSpecification(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;

    [Fact]
    public async Task Takeover_keeps_what_the_renewed_token_permits()
    {
        var room = await OpenAsync(new() { Private = true });
        var ada = await JoinAsync(room, Sign(room, "user-7", "Ada"));
        var ben = await JoinAsync(room, Sign(room, "user-8", "Ben"));
        await RenewAsync(ada, Sign(room, "user-7", "Ada", Permissions.Read, expiresIn: 120), "t1");

        await room.MoveAsync();

        await ada.SendAsync(new { type = "message", id = "m1", text = "no" });
        Assert.Equal("read-only", (await ada.NextAsync("error"))["code"]);
        Assert.Equal("user-8", (await ben.SayAsync("yes"))["uid"]);
        await ada.SendAsync(new { type = "token", id = "t2", token = Sign(room, "user-7", "Ada", expiresIn: 60) });
        Assert.Equal((4003, "token-refused"), await ada.ClosedAsync()); // the next host knows the expiry of the renewed token
    }
}
