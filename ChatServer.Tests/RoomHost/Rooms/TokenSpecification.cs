using System.Net;
using System.Net.WebSockets;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using ChatServer.Tests.Tokens;
using ChatServer.Tokens;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>Joins with a token, what it permits, and its renewal on the open connection.</summary>
public abstract class TokenSpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    private const string Session = "session-of-ada-1";

    [Fact]
    public async Task Private_room_opens_to_the_holder_of_a_token_only()
    {
        var room = await OpenAsync(new() { Private = true });
        await (await RoomClient.HandshakeAsync(room.Port, "user=eve")).IsProblemAsync(
            HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);

        var ada = await JoinAsync(room, Sign(room, "user-7", "Ada"));

        Assert.Equal(("Ada", "user-7"), (ada.User, ada.Welcome["uid"]));
        Assert.Equal(["read", "write"], ada.Welcome.List("permissions"));
        Assert.Equal("user-7", (await ada.SayAsync("hello"))["uid"]);
    }

    [Fact]
    public async Task Token_in_the_query_opens_the_room_too_and_a_subprotocol_takes_precedence()
    {
        var room = await OpenAsync(new() { Private = true });
        var (ada, ben) = (Sign(room, "user-7", "Ada"), Sign(room, "user-8", "Ben"));

        Assert.Equal("Ada", (await room.JoinAsync($"token={ada}")).User);
        var both = await room.JoinAsync($"token={ada}", options => AddToken(options, ben));
        Assert.Equal("Ben", both.User);
        Assert.Equal("chat.v1", both.SubProtocol);
        using var refused = await RoomClient.HandshakeAsync(
            room.Port, $"token={ada}", ("Sec-WebSocket-Protocol", "chat.v1, chat.v1.token.x"));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bad_token_is_401_in_private_and_in_public_rooms(bool isPrivate)
    {
        var room = await OpenAsync(new() { Private = isPrivate });
        var good = Sign(room, "user-7", "Ada");
        var tokens = new Dictionary<string, string>
        {
            ["empty"] = "",
            ["malformed"] = "x",
            ["expired"] = Sign(room, "user-7", "Ada", expiresIn: -31),
            ["another room"] = Sign("another-room", "user-7", "Ada"),
            ["another prefix"] = Sign("another-*", "user-7", "Ada"),
            ["another key"] = Sign(room, "user-7", "Ada", key: "another-key"),
            ["alg none"] = ForgedToken.Of("""{"alg":"none"}""", $$"""{"sub":"a","name":"a","room":"*","exp":9999999999}""", [1]),
            ["cut"] = good[..^4],
            ["oversized"] = good + new string('A', 6000),
        };

        foreach (var (kind, token) in tokens)
        {
            using var refusal = await RoomClient.HandshakeAsync(room.Port, $"user=ada&token={token}");
            Assert.True(refusal.StatusCode == HttpStatusCode.Unauthorized, $"{kind}: {refusal.StatusCode}");
            var body = await (await RoomClient.HandshakeAsync(room.Port, $"user=ada&token={token}")).IsProblemAsync(
                HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
            if (token.Length > 1)
                Assert.DoesNotContain(token, body.GetRawText(), StringComparison.Ordinal);
        }
        Assert.Equal(0, room.Room.Connections);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Token_without_read_is_403(bool isPrivate)
    {
        var room = await OpenAsync(new() { Private = isPrivate });

        await (await RoomClient.HandshakeAsync(room.Port, $"token={Sign(room, "user-7", "Ada", Permissions.Write)}"))
            .IsProblemAsync(HttpStatusCode.Forbidden, ErrorCodes.Forbidden);
    }

    [Fact]
    public async Task Token_with_a_prefix_opens_the_rooms_that_begin_with_it()
    {
        var room = await OpenAsync(new() { Private = true });

        Assert.Equal("Ada", (await JoinAsync(room, Sign($"{room.Name[..3]}*", "user-7", "Ada"))).User);
    }

    [Fact]
    public async Task Holder_of_a_token_may_use_a_reserved_name_and_has_the_name_of_the_token()
    {
        var room = await OpenAsync();

        Assert.Equal("Admin", (await room.JoinAsync("user=eve", options => AddToken(options, Sign(room, "user-7", "Admin")))).User);
        Assert.Equal("Ada", (await room.JoinAsync("user=admin", options => AddToken(options, Sign(room, "user-8", "Ada")))).User);
    }

    [Fact]
    public async Task People_have_the_profile_and_the_unusual_permissions_of_their_tokens()
    {
        var room = await OpenAsync();
        const string profile = """{"avatar":"https://chat.example/ada.png","team":["a"]}""";
        var ben = await room.JoinAsync("user=ben");
        await JoinAsync(room, Sign(room, "user-7", "Ada", profile: profile, permissions: Permissions.Read | Permissions.Moderate));
        var carl = await room.JoinAsync("user=carl");

        var joined = await ben.NextAsync(e => e.Type == "presence" && e.List("joined").Contains("Ada"), "Ada's join");
        foreach (var e in (RoomEvent[])[joined, carl.Welcome])
        {
            var people = e.Json.GetProperty("people").EnumerateArray().ToDictionary(person => person.GetProperty("user").GetString()!);
            Assert.Equal(profile, people["Ada"].GetProperty("profile").GetRawText());
            Assert.Equal("""["read","moderate"]""", people["Ada"].GetProperty("permissions").GetRawText());
        }
        var plain = carl.Welcome.Json.GetProperty("people").EnumerateArray().First(person => person.GetProperty("user").GetString() == "ben");
        Assert.Equal(["user", "uid"], plain.EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public async Task Session_of_another_uid_is_another_seat()
    {
        var room = await OpenAsync();
        var guest = await room.JoinAsync($"user=ada&session={Session}");
        var ada = await JoinAsync(room, Sign(room, "user-7", "Ada"), $"session={Session}");
        var ben = await JoinAsync(room, Sign(room, "user-8", "Ben"), $"session={Session}");

        Assert.Equal(["ada", "Ada-2", "Ben"], [guest.User, ada.User, ben.User]);
        await guest.SayAsync("guest", "1");
        Assert.Equal("user-7", (await ada.SayAsync("ada", "1"))["uid"]);
        Assert.Equal(3, (await room.Room.Queries.MembersAsync()).Count);
        Assert.False(guest.HasEnded);
    }

    [Fact]
    public async Task Member_without_write_reads_and_gets_errors_for_its_messages()
    {
        var room = await OpenAsync();
        var ada = await JoinAsync(room, Sign(room, "user-7", "Ada", Permissions.Read));
        var ben = await room.JoinAsync("user=ben");

        Assert.Equal(["read"], ada.Welcome.List("permissions"));
        await ada.SendAsync(new { type = "message", id = "m1", text = "no" });
        var error = await ada.NextAsync("error");
        Assert.Equal(("read-only", "m1"), (error["code"], error["id"]));
        await ada.SendAsync(new { type = "typing" });
        await ada.CatchUpAsync();
        await ben.SayAsync("yes");
        Assert.Equal("yes", (await ada.NextAsync("message"))["text"]);
        await Task.WhenAll(ada.CatchUpAsync(), ben.CatchUpAsync());
        Assert.DoesNotContain(ben.Events, e => e.Type == "typing");
        Assert.Single(ben.Log);
    }

    [Fact]
    public async Task Renewed_token_is_answered_with_done_and_its_permissions_apply()
    {
        var room = await OpenAsync();
        var ada = await JoinAsync(room, Sign(room, "user-7", "Ada", Permissions.Read));
        await RenewAsync(ada, Sign(room, "user-7", "Ada", expiresIn: 120), "t1");

        await ada.SayAsync("may write now");
        await RenewAsync(ada, Sign(room, "user-7", "Ada", Permissions.Read, expiresIn: 180), "t2");
        await ada.SendAsync(new { type = "message", id = "m2", text = "no more" });
        Assert.Equal("read-only", (await ada.NextAsync("error"))["code"]);
    }

    [Fact]
    public async Task Renewal_that_is_sent_again_is_answered_again()
    {
        var room = await OpenAsync();
        var ada = await JoinAsync(room, Sign(room, "user-7", "Ada"));
        var renewed = Sign(room, "user-7", "Ada", expiresIn: 120);

        await RenewAsync(ada, renewed, "t1");
        await RenewAsync(ada, renewed, "t1");
        await ada.SayAsync("still here");
    }

    [Fact]
    public async Task Refused_renewal_closes_with_4003()
    {
        var room = await OpenAsync();
        Dictionary<string, Func<string>> renewals = new()
        {
            ["malformed"] = () => "x",
            ["another person"] = () => Sign(room, "user-8", "Ada", expiresIn: 120),
            ["another room"] = () => Sign("another-room", "user-7", "Ada", expiresIn: 120),
            ["another key"] = () => Sign(room, "user-7", "Ada", expiresIn: 120, key: "another-key"),
            ["expired"] = () => Sign(room, "user-7", "Ada", expiresIn: -31),
            ["older"] = () => Sign(room, "user-7", "Ada", expiresIn: 30),
            ["without read"] = () => Sign(room, "user-7", "Ada", Permissions.Write, expiresIn: 120),
        };

        foreach (var (kind, token) in renewals)
        {
            var ada = await JoinAsync(room, Sign(room, "user-7", "Ada"));
            await ada.SendAsync(new { type = "token", id = "t1", token = token() });
            var (code, reason) = await ada.ClosedAsync();
            Assert.True((code, reason) == (4003, "token-refused"), $"{kind}: {code} {reason}");
            Assert.False(ada.Events.Single(e => e.Type == "closing").Json.GetProperty("reconnect").GetBoolean());
            Assert.DoesNotContain(ada.Events, e => e.Type == "done");
        }
    }

    // The first token had a permission that the renewal took away.
    [Fact]
    public async Task Token_that_was_replaced_does_not_come_into_force_again()
    {
        var room = await OpenAsync();
        var first = Sign(room, "user-7", "Ada", Permissions.Read | Permissions.Write | Permissions.Moderate);
        var ada = await JoinAsync(room, first);
        await RenewAsync(ada, Sign(room, "user-7", "Ada", Permissions.Read, expiresIn: 120), "t1");

        await ada.SendAsync(new { type = "token", id = "t2", token = first });

        Assert.Equal((4003, "token-refused"), await ada.ClosedAsync());
    }

    [Fact]
    public async Task Member_without_a_token_cannot_become_somebody_else_by_a_renewal()
    {
        var room = await OpenAsync();
        var eve = await room.JoinAsync("user=eve");

        await eve.SendAsync(new { type = "token", id = "t1", token = Sign(room, "user-7", "Ada") });

        Assert.Equal((4003, "token-refused"), await eve.ClosedAsync());
    }

    [Theory]
    [InlineData("""{"type":"token"}""")]
    [InlineData("""{"type":"token","token":""}""")]
    [InlineData("""{"type":"token","token":7}""")]
    public async Task Frame_without_a_token_is_an_invalid_message(string frame)
    {
        var room = await OpenAsync();
        var ada = await JoinAsync(room, Sign(room, "user-7", "Ada"));

        await ada.SendTextAsync(frame);

        Assert.Equal("invalid-message", (await ada.NextAsync("error"))["code"]);
        await ada.SayAsync("still here");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Check_of_a_token_is_answered_as_the_handshake_for_pages_of_every_origin(bool isPrivate)
    {
        var room = await OpenAsync(new() { Private = isPrivate });
        var good = Sign(room, "user-7", "Ada");
        foreach (var (token, status) in ((string?, HttpStatusCode)[])
        [
            (null, isPrivate ? HttpStatusCode.Unauthorized : HttpStatusCode.OK), (good, HttpStatusCode.OK), ("an.in.valid", HttpStatusCode.Unauthorized),
            (good[..^4], HttpStatusCode.Unauthorized), (Sign("another-room", "user-7", "Ada"), HttpStatusCode.Unauthorized),
            (Sign(room, "user-7", "Ada", Permissions.Write), HttpStatusCode.Forbidden),
        ])
        {
            using var answer = await CheckAsync(room, HttpMethod.Get, request =>
                request.Headers.TryAddWithoutValidation("Authorization", token is null ? [] : [$"Bearer {token}"]));
            Assert.Equal((token, status), (token, answer.StatusCode));
            Assert.Equal(["*"], answer.Headers.GetValues("Access-Control-Allow-Origin"));
        }
        using var preflight = await CheckAsync(
            room, HttpMethod.Options, request => request.Headers.Add("Access-Control-Request-Method", "GET"));
        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(["authorization"], preflight.Headers.GetValues("Access-Control-Allow-Headers"));
    }

    private static async Task<HttpResponseMessage> CheckAsync(OpenRoom room, HttpMethod method, Action<HttpRequestMessage> prepare)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, $"http://127.0.0.1:{room.Port}/?check=1&user=ada");
        prepare(request);
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Connections_of_a_uid_are_limited()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { ConnectionsPerUid = 2 });
        var tabs = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => JoinAsync(room, Sign(room, "user-7", "Ada"))));

        await RefuseAsync(room, Sign(room, "user-7", "Ada"), "session=another-session-1");
        await JoinAsync(room, Sign(room, "user-8", "Ben"));
        Assert.All(tabs, tab => Assert.False(tab.HasEnded));
    }

    [Fact]
    public async Task Seats_of_a_session_with_different_uids_are_limited()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { ConnectionsPerSession = 2 });
        await JoinAsync(room, Sign(room, "user-1", "Ada"), $"session={Session}");
        await JoinAsync(room, Sign(room, "user-2", "Ben"), $"session={Session}");

        await RefuseAsync(room, Sign(room, "user-3", "Cleo"), $"session={Session}");
        await JoinAsync(room, Sign(room, "user-3", "Cleo"));
    }

    private static async Task RefuseAsync(OpenRoom room, string token, string query)
    {
        using var refused = await RoomClient.HandshakeAsync(
            room.Port, query, ("Sec-WebSocket-Protocol", $"chat.v1, chat.v1.token.{token}"));
        await refused.IsProblemAsync(HttpStatusCode.TooManyRequests, ErrorCodes.RateLimited);
    }

    private protected static string Sign(
        OpenRoom room, string uid, string name, Permissions permissions = JoinToken.DefaultPermissions, int expiresIn = 60,
        string key = RoomsHost.Key, string? profile = null) => Sign(room.Name, uid, name, permissions, expiresIn, key, profile);

    private protected static string Sign(
        string room, string uid, string name, Permissions permissions = JoinToken.DefaultPermissions, int expiresIn = 60,
        string key = RoomsHost.Key, string? profile = null) => TokenSigner.OfApiKey(key, TimeProvider.System).Sign(
            new JoinToken(uid, name, RoomPattern.Parse(room)!, DateTimeOffset.UtcNow.AddSeconds(expiresIn))
            {
                Permissions = permissions,
                Profile = profile,
            });

    private protected static Task<RoomClient> JoinAsync(OpenRoom room, string token, string query = "") =>
        room.JoinAsync(query, options => AddToken(options, token));

    private protected static async Task RenewAsync(RoomClient member, string token, string id)
    {
        await member.SendAsync(new { type = "token", id, token });
        await member.NextAsync(e => e.Type == "done" && e["id"] == id, $"done {id}");
    }

    private static void AddToken(ClientWebSocketOptions options, string token)
    {
        options.AddSubProtocol("chat.v1");
        options.AddSubProtocol($"chat.v1.token.{token}");
    }
}

public sealed class TokensInMemory() : TokenSpecification(null);

public sealed class TokensWithRedis(RoomRedis redis) : TokenSpecification(redis), IClassFixture<RoomRedis>;
