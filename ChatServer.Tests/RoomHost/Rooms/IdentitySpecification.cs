using System.Net;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>The <c>uid</c> of members without a token, and the names that they may not use.</summary>
public abstract class IdentitySpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    private const string AnnsSession = "session-of-ann-1", BensSession = "session-of-ben-1";

    [Fact]
    public async Task Uid_depends_on_the_session_alone_and_does_not_contain_it()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync($"user=ann&session={AnnsSession}");
        await ann.DisposeAsync();
        var renamed = await room.JoinAsync($"user=eve&session={AnnsSession}");
        var elsewhere = await (await OpenAsync()).JoinAsync($"user=carl&session={AnnsSession}");
        var ben = await room.JoinAsync($"user=ben&session={BensSession}");

        Assert.Equal(RoomsHost.UidOf(AnnsSession), ann.Welcome["uid"]);
        Assert.Matches("^~[A-Za-z0-9_-]{16}$", ann.Welcome["uid"]!);
        Assert.Equal([ann.Welcome["uid"], ann.Welcome["uid"]], [renamed.Welcome["uid"], elsewhere.Welcome["uid"]]);
        Assert.NotEqual(ann.Welcome["uid"], ben.Welcome["uid"]);
    }

    [Fact]
    public async Task Messages_welcome_and_presence_state_the_uid_of_each_user()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync($"user=ann&session={AnnsSession}");
        var ben = await room.JoinAsync($"user=ben&session={BensSession}");
        await ben.SayAsync("hello");

        var message = await ann.NextAsync("message");
        Assert.Equal(["type", "seq", "time", "user", "uid", "id", "text"], message.Members);
        Assert.Equal(("ben", RoomsHost.UidOf(BensSession)), (message["user"], message["uid"]));
        Assert.Equal(
            [("ann", RoomsHost.UidOf(AnnsSession)), ("ben", RoomsHost.UidOf(BensSession))], People(ben.Welcome).Order());
        var joined = await ann.NextAsync(e => e.Type == "presence" && e.List("joined").Contains("ben"), "ben's join");
        Assert.Contains(("ben", RoomsHost.UidOf(BensSession)), People(joined));
    }

    [Fact]
    public async Task Another_session_that_takes_a_free_name_is_announced_with_its_own_uid()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync($"user=ann&session={AnnsSession}");
        var first = await room.JoinAsync($"user=ben&session={BensSession}");
        await ann.NextAsync(e => e.Type == "presence" && e.List("joined").Contains("ben"), "ben's join");
        await first.DisposeAsync();
        await ann.NextAsync(e => e.Type == "presence" && e.List("left").Contains("ben"), "ben's leave");
        await room.JoinAsync("user=ben&session=another-session-1");

        var joined = await ann.NextAsync(e => e.Type == "presence" && e.List("joined").Contains("ben"), "ben's join");
        Assert.Equal([("ben", RoomsHost.UidOf("another-session-1"))], People(joined));
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("ADMIN")]
    [InlineData("Ｍoderator")]
    [InlineData(" system ")]
    public async Task Reserved_name_is_refused_without_a_token(string user)
    {
        var room = await OpenAsync();
        var refusal = await RoomClient.HandshakeAsync(room.Port, $"user={Uri.EscapeDataString(user)}");

        await refusal.IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.ReservedName);
    }

    [Fact]
    public async Task Names_that_contain_a_reserved_name_are_free()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { ReservedNames = "root" });
        Assert.Equal("rooted", (await room.JoinAsync("user=rooted")).User);
        Assert.Equal("admin", (await room.JoinAsync("user=admin")).User);
    }

    [Fact]
    public async Task Backend_message_has_the_uid_that_the_backend_states()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync();
        room.Room.Say("robot", UserIds.OfBackend("robot"), "one", "1", (_, _) => { });
        room.Room.Say("Ann Bell", "user-42", "two", "1", (_, _) => { });

        var messages = await ann.NextAsync("message", 2);
        Assert.Equal([("robot", "@robot"), ("Ann Bell", "user-42")], messages.Select(m => (m["user"], m["uid"])));
    }

    private static IEnumerable<(string User, string Uid)> People(RoomEvent e) => e.Json.GetProperty("people").EnumerateArray()
        .Select(person => (person.GetProperty("user").GetString()!, person.GetProperty("uid").GetString()!));
}

public sealed class IdentityInMemory() : IdentitySpecification(null);

public sealed class IdentityWithRedis(RoomRedis redis) : IdentitySpecification(redis), IClassFixture<RoomRedis>;
