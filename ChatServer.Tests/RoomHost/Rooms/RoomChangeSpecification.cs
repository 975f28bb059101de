using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>Options that change while members are in the room.</summary>
public abstract class RoomChangeSpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    [Fact]
    public async Task Members_get_the_changed_options_and_no_others()
    {
        var room = await OpenAsync(new RoomOptions { Title = "Tea", MaxMembers = 5 });
        var ann = await room.JoinAsync();
        var options = room.Room.Record.Options;

        room.Room.Change(options with { Title = null, IdleTimeoutSeconds = 60 });
        room.Room.Change(options with { Title = null, IdleTimeoutSeconds = 60, SlowModeSeconds = 3, MaxMembers = 6 });

        Assert.Equal($$"""{"type":"room","title":"{{room.Name}}"}""", (await ann.NextAsync("room")).Json.GetRawText());
        Assert.Equal("""{"type":"room","slowModeSeconds":3,"maxMembers":6}""", (await ann.NextAsync("room")).Json.GetRawText());
        Assert.Equal(room.Name, (await room.JoinAsync()).Welcome["title"]);
    }

    [Fact]
    public async Task Change_of_other_options_is_not_sent()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync();

        room.Room.Change(room.Room.Record.Options with { IdleTimeoutSeconds = 60 });
        await ann.SayAsync("after the change");

        Assert.DoesNotContain(ann.Events, e => e.Type == "room");
    }

    [Fact]
    public async Task Room_that_becomes_private_closes_members_without_a_token()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync();

        room.Room.Change(room.Room.Record.Options with { Private = true });

        Assert.Equal((CloseCodes.Banned, "private"), await ann.ClosedAsync());
        Assert.Equal("closing", ann.Events[^1].Type);
        using var refused = await RoomClient.HandshakeAsync(room.Port);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Lower_maximum_applies_to_the_next_join()
    {
        var room = await OpenAsync();
        await room.JoinAsync();
        await room.JoinAsync();

        room.Room.Change(room.Room.Record.Options with { MaxMembers = 1 });

        using var refused = await RoomClient.HandshakeAsync(room.Port);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(2, (await room.Room.Queries.MembersAsync()).Count);
    }
}

public sealed class RoomChangeInMemory() : RoomChangeSpecification(null);

public sealed class RoomChangeWithRedis(RoomRedis redis) : RoomChangeSpecification(redis), IClassFixture<RoomRedis>;
