using ChatServer.Tests.Support;
using ChatServer.Tokens;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>A token that expires closes its member 30 s later, unless it is renewed before.</summary>
public sealed class TokenExpiryTests() : RoomSpecification(null)
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Member_is_closed_with_4003_30_seconds_after_its_token_expired()
    {
        var room = await OpenAsync(time: _time);
        var ada = await room.JoinAsync($"token={Sign(room, "ada", 10)}");
        var ben = await room.JoinAsync($"token={Sign(room, "ben", 20)}");
        var guest = await room.JoinAsync();

        await AdvanceAsync(room, 39);
        await ada.SayAsync("within the clock skew");
        await AdvanceAsync(room, 1);
        Assert.Equal((4003, "token-expired"), await ada.ClosedAsync());
        await Task.WhenAll(ben.CatchUpAsync(), guest.CatchUpAsync());
        Assert.Equal(2, await Eventually.Async(() => room.Room.Connections, count => count == 2));
    }

    [Fact]
    public async Task Renewal_prolongs_the_membership()
    {
        var room = await OpenAsync(time: _time);
        var ada = await room.JoinAsync($"token={Sign(room, "ada", 5)}");
        await ada.SendAsync(new { type = "token", token = Sign(room, "ada", 15) });
        await ada.CatchUpAsync();

        await AdvanceAsync(room, 36);
        await ada.SayAsync("renewed");
        await AdvanceAsync(room, 9);

        Assert.Equal((4003, "token-expired"), await ada.ClosedAsync());
        Assert.DoesNotContain(ada.Events, e => e.Type == "done"); // the frame had no id
    }

    [Fact]
    public async Task Token_without_a_reachable_end_is_accepted()
    {
        var room = await OpenAsync(time: _time);
        var token = TokenSigner.OfApiKey(RoomsHost.Key, _time).Sign(
            new JoinToken("ada", "Ada", RoomPattern.Parse("*")!, DateTimeOffset.MaxValue));
        var ada = await room.JoinAsync($"token={token}");

        await AdvanceAsync(room, 1);
        await ada.SayAsync("here");
    }

    private string Sign(OpenRoom room, string uid, int expiresIn) => TokenSigner.OfApiKey(RoomsHost.Key, _time).Sign(
        new JoinToken(uid, uid, RoomPattern.Parse(room.Name)!, _time.GetUtcNow().AddSeconds(expiresIn)));

    private async Task AdvanceAsync(OpenRoom room, int seconds)
    {
        await room.Room.Queries.MembersAsync(); // the previous turn has set its timer
        _time.Advance(TimeSpan.FromSeconds(seconds));
        await room.Room.Queries.MembersAsync();
    }
}
