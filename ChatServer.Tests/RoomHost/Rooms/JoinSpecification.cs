using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Contracts;
using ChatServer.RoomHost.Handshakes;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>Joining a room: admission, names, sessions and the welcome.</summary>
public abstract class JoinSpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    [Fact]
    public async Task Welcome_is_the_first_frame_and_has_exactly_the_specified_members()
    {
        var room = await OpenAsync(new() { Title = "The \"Lobby\" 😀" });
        var ann = await room.JoinAsync("user=ann&session=0123456789abcdef");
        await ann.SayAsync("hello");
        var bob = await room.JoinAsync("user=bob");

        string[] members =
        [
            "type", "room", "title", "user", "uid", "session", "permissions", "epoch", "seq", "resumed", "count", "members", "people", "limits",
        ];
        Assert.Equal(members, ann.Welcome.Members);
        Assert.Same(ann.Welcome, ann.Events[0]);
        Assert.Equal(
            (room.Name, "The \"Lobby\" 😀", "ann", "0123456789abcdef"),
            (ann.Welcome["room"], ann.Welcome["title"], ann.User, ann.Session));
        Assert.Equal((room.Epoch, 0, false, 1), (ann.Welcome["epoch"], ann.Welcome.Seq, Resumed(ann), Count(ann)));
        Assert.Equal((room.Epoch, 1, false, 2), (bob.Welcome["epoch"], bob.Welcome.Seq, Resumed(bob), Count(bob)));
        Assert.Equal(["ann", "bob"], bob.Welcome.List("members").Order());
    }

    [Fact]
    public async Task Welcome_contains_the_limits_of_the_host()
    {
        var host = RoomsHost.Defaults with
        {
            MessagesPerSecond = 7,
            MessageBurst = 9,
            ConnectionsPerSecond = 11,
            PingInterval = TimeSpan.FromSeconds(3),
            MaxTextLength = 100
        };
        var ann = await (await OpenAsync(host: host)).JoinAsync();

        Assert.Equal(
            """
            {"maxFrameBytes":65536,"maxTextLength":100,"messagesPerSecond":7,"messageBurst":9,"connectionsPerSecond":11,
            "handshakeSeconds":10,"pingSeconds":3,"silenceSeconds":45,"roomBufferBytes":4194304}
            """.ReplaceLineEndings(""),
            ann.Welcome.Json.GetProperty("limits").GetRawText());
    }

    [Fact]
    public async Task Default_title_is_the_room_name()
    {
        var room = await OpenAsync();
        Assert.Equal(room.Name, (await room.JoinAsync()).Welcome["title"]);
    }

    [Fact]
    public async Task Join_without_a_name_gets_a_unique_guest_name()
    {
        var room = await OpenAsync();
        var guests = new List<string>();
        for (var i = 0; i < 10; i++)
            guests.Add((await room.JoinAsync()).User);

        Assert.All(guests, name => Assert.Matches("^guest-[a-z0-9]+$", name));
        Assert.Distinct(guests);
    }

    [Theory]
    [InlineData("%20%20ann%20", "ann")]
    [InlineData("Zoe%CC%88", "Zo\u00eb")] // e and a combining diaeresis become one character
    [InlineData("%F0%9F%98%80", "😀")]
    [InlineData("%22%5C%3Cb%3E", "\"\\<b>")]
    [InlineData("a+b", "a b")]
    public async Task Name_is_trimmed_and_normalized_to_NFC(string query, string name)
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync($"user={query}");
        var echo = await ann.SayAsync("hi");

        Assert.Equal((name, name), (ann.User, echo["user"]));
        Assert.Equal([name], ann.Welcome.List("members"));
        Assert.Equal([name], (await ann.NextAsync("presence")).List("joined"));
    }

    [Fact]
    public async Task Name_of_32_characters_of_any_encoded_size_is_accepted()
    {
        var room = await OpenAsync();
        var name = string.Concat(Enumerable.Repeat("😀", 32));
        Assert.Equal(name, (await room.JoinAsync($"user={Uri.EscapeDataString(name)}")).User);
    }

    [Theory]
    [InlineData("user=")]
    [InlineData("user=%20%20")]
    [InlineData("user=a%00b")]
    [InlineData("user=a%0Ab")]
    [InlineData("user=a%C2%85b")]
    [InlineData("user=abcdefghijklmnopqrstuvwxyz1234567")]
    [InlineData("session=tooshort")]
    [InlineData("session=")]
    [InlineData("session=0123456789abcde")]
    [InlineData("session=0123456789012345678901234567890123456789012345678901234567890123x")]
    [InlineData("session=0123456789abcde%07")]
    [InlineData("since=")]
    [InlineData("since=epoch")]
    [InlineData("since=epoch.")]
    [InlineData("since=.5")]
    [InlineData("since=epoch.-1")]
    [InlineData("since=epoch.9223372036854775808")]
    [InlineData("history=")]
    [InlineData("history=-1")]
    [InlineData("history=many")]
    public async Task Invalid_query_is_refused_with_400_and_a_reason(string query)
    {
        var room = await OpenAsync();
        using var answer = await RoomClient.HandshakeAsync(room.Port, query);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await ProblemAsync(answer);
        Assert.Equal(ErrorCodes.InvalidQuery, problem.GetProperty("code").GetString());
        Assert.StartsWith(query[..query.IndexOf('=')], problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Name_held_by_another_session_gets_a_number()
    {
        var room = await OpenAsync();
        foreach (var name in new[] { "ann", "ann-2", "ann-3" })
            Assert.Equal(name, (await room.JoinAsync("user=ann")).User);
        Assert.Equal("Ann-4", (await room.JoinAsync("user=Ann")).User); // RFC 8266 compares without case
    }

    [Fact]
    public async Task Numbered_name_stays_within_32_characters()
    {
        var room = await OpenAsync();
        var name = string.Concat(Enumerable.Repeat("é", 32));
        await room.JoinAsync($"user={name}");
        Assert.Equal(string.Concat(Enumerable.Repeat("é", 30)) + "-2", (await room.JoinAsync($"user={name}")).User);
    }

    [Fact]
    public async Task Session_keeps_its_name_and_replaces_its_older_connection()
    {
        var room = await OpenAsync();
        await room.JoinAsync("user=ann");
        var older = await room.JoinAsync("user=ann&session=0123456789abcdef");
        var newer = await room.JoinAsync("user=other&session=0123456789abcdef");

        Assert.Equal(("ann-2", "ann-2"), (older.User, newer.User));
        Assert.Equal((4009, "replaced"), await older.ClosedAsync());
        var closing = older.Events[^1];
        Assert.Equal(("closing", "replaced", false), (closing.Type, closing["reason"], closing.Json.GetProperty("reconnect").GetBoolean()));
        await newer.SayAsync("still here");
        Assert.Equal(2, Count(newer));
    }

    [Fact]
    public async Task Plain_GET_returns_only_the_name_of_the_room()
    {
        var room = await OpenAsync();
        using var http = new HttpClient();
        using var answer = await http.GetAsync($"http://127.0.0.1:{room.Port}/", TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "text/plain"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal(["*"], answer.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal(room.Name, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("check=1", null)]
    [InlineData("check=1&user=ann", null)]
    [InlineData("user=admin", null)] // without check: any query is ignored
    [InlineData("check=1&user=admin", ErrorCodes.ReservedName)]
    [InlineData("check&user=p%D0%B0ypal", ErrorCodes.InvalidQuery)] // a Cyrillic letter between Latin ones
    public async Task Plain_GET_with_check_is_refused_as_the_handshake_for_pages_of_every_origin(string query, string? code)
    {
        var room = await OpenAsync();
        using var http = new HttpClient();
        using var answer = await http.GetAsync($"http://127.0.0.1:{room.Port}/?{query}", TestContext.Current.CancellationToken);

        Assert.Equal(code is null ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(["*"], answer.Headers.GetValues("Access-Control-Allow-Origin"));
        if (code is not null)
            Assert.Equal(code, (await ProblemAsync(answer)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Full_room_answers_429_but_admits_seated_sessions()
    {
        var room = await OpenAsync(new() { MaxMembers = 2 });
        var ann = await room.JoinAsync("user=ann&session=0123456789abcdef");
        await room.JoinAsync("user=bob");

        using var refused = await RoomClient.HandshakeAsync(room.Port, "user=carl");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(ErrorCodes.RoomFull, (await ProblemAsync(refused)).GetProperty("code").GetString());
        Assert.NotNull(refused.Headers.RetryAfter);

        await room.DisconnectAsync(ann);
        Assert.Equal("ann", (await room.JoinAsync("user=ann&session=0123456789abcdef")).User);
    }

    [Fact]
    public async Task Concurrent_joins_never_exceed_max_members()
    {
        var room = await OpenAsync(new() { MaxMembers = 5 });
        var joins = await Task.WhenAll(Enumerable.Range(0, 40).Select(async _ =>
        {
            try
            {
                return await RoomClient.JoinAsync(room.Port);
            }
            catch (System.Net.WebSockets.WebSocketException)
            {
                return null;
            }
        }));
        var members = await room.Room.Queries.MembersAsync();
        foreach (var member in joins.OfType<RoomClient>()) await member.DisposeAsync();

        Assert.Equal((5, 5), (members.Count, joins.Count(member => member is not null)));
    }

    [Fact]
    public async Task Connections_above_the_rate_of_an_address_are_refused_with_429()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { ConnectionsPerSecond = 3 });
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 20; i++)
        {
            using var answer = await RoomClient.HandshakeAsync(room.Port);
            answers.Add(answer.StatusCode);
        }
        Assert.Equal([HttpStatusCode.SwitchingProtocols, HttpStatusCode.TooManyRequests], answers.Distinct());
        Assert.Equal([HttpStatusCode.SwitchingProtocols], answers.Take(3).Distinct());
    }

    [Fact]
    public async Task Join_of_a_session_that_holds_a_seat_does_not_count()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { ConnectionsPerSecond = 2 });
        await room.JoinAsync("session=0123456789abcdef");

        for (var i = 0; i < 20; i++)
        {
            using var returned = await RoomClient.HandshakeAsync(room.Port, "session=0123456789abcdef");
            Assert.Equal(HttpStatusCode.SwitchingProtocols, returned.StatusCode);
        }
    }

    [Fact]
    public async Task Session_that_reconnects_in_a_loop_counts_for_its_address()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { ConnectionsPerSecond = 2 });
        await room.JoinAsync("session=0123456789abcdef");
        HttpStatusCode answer;
        var joins = 0;
        do
        {
            using var returned = await RoomClient.HandshakeAsync(room.Port, "session=0123456789abcdef");
            answer = returned.StatusCode;
        }
        while (answer == HttpStatusCode.SwitchingProtocols && ++joins < 1000);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer);
        Assert.True(joins >= 20);
    }

    [Fact]
    public async Task Members_of_an_address_are_limited_and_seated_sessions_may_return()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { MembersPerAddress = 2 });
        var ann = await room.JoinAsync("user=ann&session=0123456789abcdef");
        var bob = await room.JoinAsync("user=bob");

        using var refused = await RoomClient.HandshakeAsync(room.Port, "user=carl");
        await refused.IsProblemAsync(HttpStatusCode.TooManyRequests, ErrorCodes.RateLimited);
        Assert.NotNull(refused.Headers.RetryAfter);
        await room.DisconnectAsync(ann);
        ann = await room.JoinAsync("user=ann&session=0123456789abcdef");

        await ann.SayAsync("undisturbed");
        Assert.Equal("undisturbed", (await bob.NextAsync("message"))["text"]);
    }

    [Fact]
    public async Task Pages_of_other_origins_are_refused_with_403()
    {
        var room = await OpenAsync(host: RoomsHost.Defaults with { AllowedOrigins = "https://chat.example" });
        using var other = await RoomClient.HandshakeAsync(room.Port, "", ("Origin", "https://evil.example"));
        using var own = await RoomClient.HandshakeAsync(room.Port, "", ("Origin", "https://chat.example"));
        using var none = await RoomClient.HandshakeAsync(room.Port);

        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
        Assert.Equal(ErrorCodes.OriginNotAllowed, (await ProblemAsync(other)).GetProperty("code").GetString());
        Assert.Equal((HttpStatusCode.SwitchingProtocols, HttpStatusCode.SwitchingProtocols), (own.StatusCode, none.StatusCode));
    }

    [Fact]
    public async Task Private_room_refuses_joins_without_a_token()
    {
        var room = await OpenAsync(new() { Private = true });
        using var answer = await RoomClient.HandshakeAsync(room.Port, "user=ann");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(ErrorCodes.Unauthorized, (await ProblemAsync(answer)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Session_may_be_an_offered_subprotocol_and_is_not_selected()
    {
        var room = await OpenAsync();
        const string Session = "Session_~0123.456-7";
        var ann = await room.JoinAsync("user=ann", options =>
        {
            options.AddSubProtocol($"chat.v1.session.{Session}");
            options.AddSubProtocol("chat.v1");
        });
        Assert.Equal(("chat.v1", Session), (ann.SubProtocol, ann.Session));

        using var refused = await RoomClient.HandshakeAsync(room.Port, "", ("Sec-WebSocket-Protocol", "chat.v1.session.short"));
        await refused.IsProblemAsync(HttpStatusCode.BadRequest, "invalid-query");
    }

    [Fact]
    public async Task Offered_chat_v1_is_the_selected_subprotocol()
    {
        var room = await OpenAsync();
        var member = await room.JoinAsync(options: o =>
        {
            o.AddSubProtocol("chat.v2");
            o.AddSubProtocol("chat.v1");
        });
        Assert.Equal("chat.v1", member.SubProtocol);
        Assert.Null((await room.JoinAsync()).SubProtocol);
    }

    private static bool Resumed(RoomClient member) => member.Welcome.Json.GetProperty("resumed").GetBoolean();

    private static int Count(RoomClient member) => member.Welcome.Json.GetProperty("count").GetInt32();

    private static async Task<JsonElement> ProblemAsync(HttpResponseMessage answer)
    {
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
    }
}

public sealed class JoiningInMemory() : JoinSpecification(null);

public sealed class JoiningWithRedis(RoomRedis redis) : JoinSpecification(redis), IClassFixture<RoomRedis>;
