using ChatServer.Contracts;
using ChatServer.Tests.Support;
using ChatServer.Tokens;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>Slow mode: one message of a user in a number of seconds.</summary>
public abstract class SlowModeSpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Second_message_within_the_interval_is_refused_with_the_remaining_time()
    {
        var room = await OpenAsync(new RoomOptions { SlowModeSeconds = 10 }, time: _time);
        var ann = await room.JoinAsync();
        await ann.SayAsync("one");
        _time.Advance(TimeSpan.FromSeconds(4));

        await ann.SendAsync(new { type = "message", id = "early", text = "two" });

        var error = await ann.NextAsync("error");
        Assert.Equal(("slow-mode", "early"), (error["code"], error["id"]));
        Assert.Equal(6000, error.Json.GetProperty("retryAfterMs").GetInt64());
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(2, (await ann.SayAsync("two", "early")).Seq);
    }

    [Fact]
    public async Task Two_messages_at_once_are_one_message()
    {
        var room = await OpenAsync(new RoomOptions { SlowModeSeconds = 10 }, time: _time);
        var ann = await room.JoinAsync();

        await ann.SendAsync(new { type = "message", id = "a", text = "one" });
        await ann.SendAsync(new { type = "message", id = "b", text = "two" });

        Assert.Equal("b", (await ann.NextAsync("error"))["id"]);
        Assert.Equal("a", Assert.Single(await ann.ReadLogAsync(1))["id"]);
    }

    [Fact]
    public async Task Repeated_message_is_answered_by_its_event()
    {
        var room = await OpenAsync(new RoomOptions { SlowModeSeconds = 10 }, time: _time);
        var ann = await room.JoinAsync();
        var first = await ann.SayAsync("one", "same");

        Assert.Equal(first.Seq, (await ann.SayAsync("one", "same")).Seq);
        Assert.DoesNotContain(ann.Events, e => e.Type == "error");
    }

    [Fact]
    public async Task Users_are_slowed_one_by_one_and_on_all_their_connections()
    {
        var room = await OpenAsync(new RoomOptions { SlowModeSeconds = 10 }, time: _time);
        var ann = await room.JoinAsync("session=0123456789abcdef");
        await ann.SayAsync("one");
        await (await room.JoinAsync()).SayAsync("of another user");

        var again = await room.JoinAsync("session=0123456789abcdef");
        await again.SendAsync(new { type = "message", id = "2", text = "two" });

        Assert.Equal("slow-mode", (await again.NextAsync("error"))["code"]);
    }

    [Fact]
    public async Task Moderators_are_not_slowed()
    {
        var room = await OpenAsync(new RoomOptions { SlowModeSeconds = 10 }, time: _time);
        var token = TokenSigner.OfApiKey(RoomsHost.Key, _time).Sign(
            new JoinToken("mod-1", "Mo", RoomPattern.Parse(room.Name)!, _time.GetUtcNow().AddSeconds(60))
            {
                Permissions = Permissions.Read | Permissions.Write | Permissions.Moderate,
            });
        var moderator = await room.JoinAsync($"token={token}");

        for (var i = 1; i <= 3; i++)
            Assert.Equal(i, (await moderator.SayAsync($"{i}")).Seq);
    }

    [Fact]
    public async Task Backends_are_not_slowed()
    {
        var room = await OpenAsync(new RoomOptions { SlowModeSeconds = 10 }, time: _time);
        var ann = await room.JoinAsync();

        for (var i = 0; i < 3; i++)
            room.Room.Say("robot", "@robot", "text", $"{i}", (_, error) => Assert.Null(error));

        await ann.NextAsync("message", 3);
    }

    [Fact]
    public async Task Slow_mode_begins_and_ends_while_the_room_is_open()
    {
        var room = await OpenAsync(time: _time);
        var ann = await room.JoinAsync();
        var options = room.Room.Record.Options;
        await ann.SayAsync("free");

        room.Room.Change(options with { SlowModeSeconds = 10 });
        await ann.SayAsync("first in slow mode");
        await ann.SendAsync(new { type = "message", id = "x", text = "second" });
        Assert.Equal("slow-mode", (await ann.NextAsync("error"))["code"]);

        room.Room.Change(options);
        await ann.SayAsync("free again");
    }
}

public sealed class SlowModeInMemory() : SlowModeSpecification(null);

public sealed class SlowModeWithRedis(RoomRedis redis) : SlowModeSpecification(redis), IClassFixture<RoomRedis>;
