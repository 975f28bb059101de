using System.Net;
using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Backplane.Messages;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

public sealed class MessageTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task History_pages_go_backwards_and_end_with_the_newest_message()
    {
        var room = await cluster.CreateAsync("history");
        await cluster.LogAsync(room, "one", "two", "three");

        var newest = await HistoryAsync("history", "?limit=2");
        Assert.Equal(room.Epoch, newest.GetProperty("epoch").GetString());
        Assert.Equal(
            """[{"type":"message","seq":2,"text":"two"},{"type":"message","seq":3,"text":"three"}]""",
            newest.GetProperty("messages").GetRawText());
        Assert.Equal(2, newest.GetProperty("next").GetInt64());

        var oldest = await HistoryAsync("history", "?limit=2&before=2");
        Assert.Equal("""[{"type":"message","seq":1,"text":"one"}]""", oldest.GetProperty("messages").GetRawText());
        Assert.Equal(JsonValueKind.Null, oldest.GetProperty("next").ValueKind);
    }

    [Theory]
    [InlineData("short")]
    [InlineData("an entry of another program, longer than a key")]
    [InlineData("----------------------[]")]
    public async Task Foreign_entry_of_a_log_is_an_event_of_an_unknown_type(string entry)
    {
        var room = await cluster.CreateAsync($"foreign-{entry.Length}");
        await cluster.LogAsync(room, "one", "two", "three");
        await cluster.Backplane.Connection.RunAsync(async db =>
        {
            await db.ListSetByIndexAsync(RedisNames.RoomLog(room.Name), 1, entry);
            return true;
        }, Ct);
        var page = await HistoryAsync(room.Name);
        Assert.Equal("""{"type":"unreadable","seq":2}""", page.GetProperty("messages")[1].GetRawText());
        Assert.Equal("three", page.GetProperty("messages")[2].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Room_without_messages_has_an_empty_history()
    {
        await cluster.CreateAsync("silent");
        var page = await HistoryAsync("silent");
        Assert.Empty(page.GetProperty("messages").EnumerateArray());
        Assert.Equal(JsonValueKind.Null, page.GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task History_of_a_memory_room_is_read_from_its_host()
    {
        await cluster.CreateAsync("in-memory", """{"durability":"memory"}""");
        cluster.Host.Answer = command => command is HistoryCommand { Before: 9, Limit: 1 }
            ? new HistoryReply(command.Id, "e1", Oldest: 7, [JsonElement.Parse("""{"type":"message","seq":8,"text":"ü"}""")])
            : null;
        var page = await HistoryAsync("in-memory", "?before=9&limit=1");
        Assert.Equal("""{"epoch":"e1","messages":[{"type":"message","seq":8,"text":"ü"}],"next":8}""", page.GetRawText());
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("before=0")]
    [InlineData("before=x")]
    public async Task Invalid_page_is_refused(string query)
    {
        await cluster.CreateAsync("paged");
        await (await cluster.Api.SendAsync(HttpMethod.Get, $"/api/v1/room/paged/messages?{query}", ApiCluster.Key))
            .IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidQuery);
    }

    [Fact]
    public async Task History_requires_the_key() =>
        await (await cluster.Api.SendAsync(HttpMethod.Get, "/api/v1/room/any/messages"))
            .IsProblemAsync(HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);

    [Fact]
    public async Task Posted_message_is_answered_after_the_log_holds_it()
    {
        await cluster.CreateAsync("posted");
        SayCommand? received = null;
        cluster.Host.Answer = command => new SaidReply((received = (SayCommand)command).Id, 41, "e2");

        var response = await PostMessageAsync("posted", """{"user":"  Zoe\u0308 ","text":"Tea?","id":"m-1"}""");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("""{"data":{"seq":41,"epoch":"e2"}}""", await response.Content.ReadAsStringAsync(Ct));
        Assert.Equal(("posted", "Zoë", "Tea?", "m-1"), (received!.Room, received.User, received.Text, received.MessageId));
    }

    [Fact]
    public async Task Post_without_id_logs_a_new_message_each_time()
    {
        await cluster.CreateAsync("repeated");
        var ids = new List<string>();
        cluster.Host.Answer = command =>
        {
            ids.Add(((SayCommand)command).MessageId);
            return new SaidReply(command.Id, 1, "e");
        };
        for (var i = 0; i < 2; i++) (await PostMessageAsync("repeated", """{"user":"a","text":"b"}""")).EnsureSuccessStatusCode();
        Assert.Equal(2, ids.Distinct().Count());
        Assert.All(ids, id => Assert.InRange(id.Length, 1, Limits.MaxIdLength));
    }

    [Theory]
    [InlineData("""{"text":"no user"}""")]
    [InlineData("""{"user":"no text"}""")]
    [InlineData("""{"user":"","text":"x"}""")]
    [InlineData("""{"user":"  ","text":"x"}""")]
    [InlineData("""{"user":"a\u0007","text":"x"}""")]
    [InlineData("""{"user":"123456789012345678901234567890123","text":"x"}""")]
    [InlineData("""{"user":"a","text":""}""")]
    [InlineData("""{"user":"a","text":null}""")]
    [InlineData("""{"user":"a","text":"\ud800"}""")]
    [InlineData("""{"user":"a","text":"x","id":""}""")]
    [InlineData("""{"user":"a","text":"x","id":"12345678901234567890123456789012345678901234567890123456789012345"}""")]
    [InlineData("""{"user":"a","text":"x","to":"b"}""")]
    public async Task Invalid_message_is_refused(string body)
    {
        await cluster.CreateAsync("strict");
        await (await PostMessageAsync("strict", body)).IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidBody);
    }

    [Fact]
    public async Task Text_and_id_limits_count_characters()
    {
        await cluster.CreateAsync("measured");
        cluster.Host.Answer = command => new SaidReply(command.Id, 1, "e");
        Assert.Equal(HttpStatusCode.Accepted, (await PostMessageAsync("measured", Body(4000, 64))).StatusCode);
        await (await PostMessageAsync("measured", Body(4001, 64))).IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidBody);
        await (await PostMessageAsync("measured", Body(4000, 65))).IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidBody);

        static string Body(int text, int id) => JsonSerializer.Serialize(new { user = "a", text = Characters(text), id = Characters(id) });
        static string Characters(int characters) => string.Concat(Enumerable.Repeat("🫖", characters));
    }

    [Theory]
    [InlineData("messages")]
    [InlineData("message")]
    public async Task Missing_room_is_not_found(string call)
    {
        var response = call == "message"
            ? await PostMessageAsync("nobody", """{"user":"a","text":"b"}""")
            : await cluster.Api.SendAsync(HttpMethod.Get, "/api/v1/room/nobody/messages", ApiCluster.Key);
        await response.IsProblemAsync(HttpStatusCode.NotFound, ErrorCodes.RoomNotFound);
    }

    [Theory]
    [InlineData(RoomErrorCodes.RateLimited, HttpStatusCode.TooManyRequests, RoomErrorCodes.RateLimited)]
    [InlineData(RoomErrorCodes.TooLong, HttpStatusCode.BadRequest, RoomErrorCodes.TooLong)]
    [InlineData(RoomErrorCodes.Unavailable, HttpStatusCode.ServiceUnavailable, ErrorCodes.RoomUnavailable)]
    public async Task Refusal_of_the_host_is_returned_to_the_caller(string refusal, HttpStatusCode status, string code)
    {
        await cluster.CreateAsync("refusing");
        cluster.Host.Answer = command => new RefusedReply(command.Id, refusal, "Not now.");
        await (await PostMessageAsync("refusing", """{"user":"a","text":"b"}""")).IsProblemAsync(status, code);
    }

    [Fact]
    public async Task Room_is_unavailable_if_its_host_does_not_reply()
    {
        await cluster.CreateAsync("unresponsive");
        cluster.Host.Answer = _ => null;
        var response = await PostMessageAsync("unresponsive", """{"user":"a","text":"b"}""");
        await response.IsProblemAsync(HttpStatusCode.ServiceUnavailable, ErrorCodes.RoomUnavailable);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    private async Task<JsonElement> HistoryAsync(string room, string query = "") =>
        await cluster.Api.GetDataAsync($"/api/v1/room/{room}/messages{query}", ApiCluster.Key);

    private Task<HttpResponseMessage> PostMessageAsync(string room, string body) =>
        cluster.Api.SendAsync(HttpMethod.Post, $"/api/v1/room/{room}/message", ApiCluster.Key, body);
}
