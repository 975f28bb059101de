using System.Net;
using System.Text.Json;
using ChatServer.Backplane.Moderation;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

public sealed class RoomDescriptionTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    [Fact]
    public async Task Root_returns_name_and_version()
    {
        var response = await cluster.Api.SendAsync(HttpMethod.Get, "/api/v1/");
        Assert.Equal(
            """{"data":{"app":"chatserver","version":"1.0.0"}}""",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Description_of_a_room_is_complete()
    {
        var room = await cluster.CreateAsync("described", """{"title":"Tea","maxMembers":9}""");
        await cluster.LogAsync(room, "one", "two");
        await cluster.Host.Process.Ownership.ReportAsync(room.Name, room.Term, members: 4, messages: null);

        var data = await cluster.Api.GetDataAsync("/api/v1/room/described");

        Assert.Equal(
            ["name", "title", "host", "port", "url", "members", "messages", "private", "createdAt", "options"],
            data.EnumerateObject().Select(member => member.Name));
        Assert.Equal("described", data.GetProperty("name").GetString());
        Assert.Equal("Tea", data.GetProperty("title").GetString());
        Assert.Equal("127.0.0.1", data.GetProperty("host").GetString());
        Assert.Equal(room.Port, data.GetProperty("port").GetInt32());
        Assert.Equal($"ws://127.0.0.1:{room.Port}/", data.GetProperty("url").GetString());
        Assert.Equal(4, data.GetProperty("members").GetInt32());
        Assert.Equal(2, data.GetProperty("messages").GetInt64());
        Assert.False(data.GetProperty("private").GetBoolean());
        Assert.Equal(room.CreatedAt, data.GetProperty("createdAt").GetDateTimeOffset());
        Assert.Equal(
            """{"title":"Tea","private":false,"maxMembers":9,"history":1000,"durability":"redis","idleTimeoutSeconds":0,"slowModeSeconds":0}""",
            data.GetProperty("options").GetRawText());
    }

    [Fact]
    public async Task Banned_member_gets_the_reason_and_the_remaining_time_with_its_session_only()
    {
        await cluster.CreateAsync("guarded");
        const string Session = "session-of-mallory";
        var uid = await cluster.Backplane.Identities.UidOfAsync(Session);
        var ban = new Sanction(SanctionKind.Ban, uid, "operator", DateTimeOffset.UtcNow) { Reason = "Spam." };
        await cluster.Backplane.Sanctions.ImposeAsync("guarded", ban, TimeSpan.FromHours(1));

        using var response = await DescribeAsync(Session);
        await response.IsProblemAsync(HttpStatusCode.Forbidden, ErrorCodes.Banned);
        var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("Spam.", problem.GetProperty("reason").GetString());
        Assert.InRange(problem.GetProperty("seconds").GetInt64(), 3500, 3600);
        using var other = await DescribeAsync("session-of-another");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        await cluster.Api.GetDataAsync("/api/v1/room/guarded");

        async Task<HttpResponseMessage> DescribeAsync(string session)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/room/guarded") { Headers = { { "X-Session", session } } };
            return await cluster.Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Room_without_a_title_uses_its_name()
    {
        await cluster.CreateAsync("plain");
        Assert.Equal("plain", (await cluster.Api.GetDataAsync("/api/v1/room/plain")).GetProperty("title").GetString());
    }

    [Fact]
    public async Task Room_URL_uses_the_first_load_balancer()
    {
        await cluster.CreateAsync("balanced");
        var api = await cluster.StartApiAsync(
            ("LOADBALANCERS", "https://chat.example/eu/, http://localhost:1"), ("LOADBALANCER_KEY", "unused"));
        Assert.Equal(
            "wss://chat.example/eu/rooms/balanced", (await api.GetDataAsync("/api/v1/room/balanced")).GetProperty("url").GetString());
    }

    [Fact]
    public async Task Private_room_is_described_only_with_the_key()
    {
        await cluster.CreateAsync("secret", """{"private":true}""");
        await (await cluster.Api.SendAsync(HttpMethod.Get, "/api/v1/room/secret")).IsProblemAsync(
            HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
        await (await cluster.Api.SendAsync(HttpMethod.Get, "/api/v1/room/secret", "wrong")).IsProblemAsync(
            HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
        Assert.True((await cluster.Api.GetDataAsync("/api/v1/room/secret", ApiCluster.Key)).GetProperty("private").GetBoolean());
    }

    [Fact]
    public async Task Missing_room_is_not_found() =>
        await (await cluster.Api.SendAsync(HttpMethod.Get, "/api/v1/room/nobody"))
            .IsProblemAsync(HttpStatusCode.NotFound, ErrorCodes.RoomNotFound);

    [Fact]
    public async Task Invalid_room_name_is_refused() =>
        await (await cluster.Api.SendAsync(HttpMethod.Get, "/api/v1/room/no%20body")).IsProblemAsync(
            HttpStatusCode.BadRequest, ErrorCodes.InvalidRoomName);

    [Fact]
    public async Task Rooms_are_listed_by_name_in_pages()
    {
        string[] names = ["page-c", "page-a", "page-B", "page-d", "page-e"];
        foreach (var name in names) await cluster.CreateAsync(name);

        var seen = new List<string>();
        var after = "page-";
        while (after is not null && string.CompareOrdinal(after, "page-e") < 0)
        {
            var page = await cluster.Api.GetDataAsync($"/api/v1/rooms?after={after}&limit=2", ApiCluster.Key);
            var rooms = page.GetProperty("rooms").EnumerateArray().Select(room => room.GetProperty("name").GetString()!).ToList();
            Assert.InRange(rooms.Count, 1, 2);
            seen.AddRange(rooms);
            after = page.GetProperty("next").GetString();
        }

        // Rooms of other tests may follow.
        Assert.Equal(
            ["page-B", "page-a", "page-c", "page-d", "page-e"], seen.Where(name => name.StartsWith("page-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Last_page_has_no_next()
    {
        await cluster.CreateAsync("some-room");
        var page = await cluster.Api.GetDataAsync("/api/v1/rooms", ApiCluster.Key);
        Assert.Contains("some-room", page.GetProperty("rooms").EnumerateArray().Select(room => room.GetProperty("name").GetString()));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("next").ValueKind);
        Assert.Empty((await cluster.Api.GetDataAsync("/api/v1/rooms?after=~", ApiCluster.Key)).GetProperty("rooms").EnumerateArray());
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("-1")]
    [InlineData("ten")]
    [InlineData("")]
    [InlineData("5&limit=6")]
    public async Task Invalid_limit_is_refused(string limit) =>
        await (await cluster.Api.SendAsync(HttpMethod.Get, $"/api/v1/rooms?limit={limit}", ApiCluster.Key))
            .IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidQuery);

    [Fact]
    public async Task Listing_requires_the_key() =>
        await (await cluster.Api.SendAsync(HttpMethod.Get, "/api/v1/rooms"))
            .IsProblemAsync(HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
}
