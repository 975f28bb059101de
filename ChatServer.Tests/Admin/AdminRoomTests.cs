using System.Net;
using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Backplane.Messages;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Admin;

public sealed class AdminRoomTests(AdminCluster cluster) : IClassFixture<AdminCluster>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Description_of_a_room_contains_the_names_of_its_members()
    {
        var room = await cluster.CreateAsync("tea", new RoomOptions { Title = "Tea", Private = true });
        await cluster.Host.Process.Ownership.ReportAsync(room.Name, room.Term, members: 3, messages: null);
        cluster.Host.Answer = command => command is MembersCommand { Room: "tea" }
            ? new MembersReply(command.Id, 3, ["ana", "bob"], [new("ana", "user-7"), new("bob", "~bob")]) : null;

        var data = await cluster.Admin.GetDataAsync("/api/v1/room/tea", AdminCluster.Key);

        Assert.Equal(
            ["name", "title", "host", "port", "url", "members", "memberCount", "messages", "private", "createdAt", "options", "people"],
            data.EnumerateObject().Select(member => member.Name));
        Assert.Equal("""["ana","bob"]""", data.GetProperty("members").GetRawText());
        Assert.Equal("""[{"user":"ana","uid":"user-7"},{"user":"bob","uid":"~bob"}]""", data.GetProperty("people").GetRawText());
        Assert.Equal(3, data.GetProperty("memberCount").GetInt32());
        Assert.Equal(
            ("Tea", "ws://localhost:2000/rooms/tea"), (data.GetProperty("title").GetString(), data.GetProperty("url").GetString()));
        Assert.True(data.GetProperty("private").GetBoolean());

        var listed = (await cluster.Admin.GetDataAsync("/api/v1/rooms?after=te&limit=1", AdminCluster.Key)).GetProperty("rooms")[0];
        Assert.Equal("""["ana","bob"]""", listed.GetProperty("members").GetRawText());
    }

    [Fact]
    public async Task Room_with_a_corrupt_record_breaks_no_listing_and_can_be_shut_down()
    {
        await cluster.CreateAsync("corrupt-a");
        await cluster.CreateAsync("corrupt-b");
        await cluster.Backplane.Connection.RunAsync(db => db.HashDeleteAsync(RedisNames.Room("corrupt-a"), "options"), Ct);

        var listed = await cluster.Admin.GetDataAsync("/api/v1/rooms?search=corrupt", AdminCluster.Key);
        Assert.Equal("corrupt-b", Assert.Single(listed.GetProperty("rooms").EnumerateArray()).GetProperty("name").GetString());
        await (await cluster.Admin.SendAsync(HttpMethod.Get, "/api/v1/room/corrupt-a", AdminCluster.Key))
            .IsProblemAsync(HttpStatusCode.InternalServerError, "internal-error");
        // The problem and the listing refer to the log, which says so in Production.
        await Eventually.Async(
            () => cluster.Admin.Process.Output,
            log => log.Contains("The key chat:{corrupt-a}:room in Redis is corrupt", StringComparison.Ordinal)
                && log.Contains("CorruptRecordException", StringComparison.Ordinal));

        using var shutdown = await cluster.Admin.SendAsync(HttpMethod.Delete, "/api/v1/room/corrupt-a/shutdown", AdminCluster.Key);
        Assert.Equal(HttpStatusCode.Accepted, shutdown.StatusCode);
        await (await cluster.Admin.SendAsync(HttpMethod.Get, "/api/v1/room/corrupt-a", AdminCluster.Key))
            .IsProblemAsync(HttpStatusCode.NotFound, "room-not-found");
    }

    [Fact]
    public async Task Rooms_are_found_by_a_part_of_their_name()
    {
        foreach (var name in (string[])["find-one", "nothing", "to-Find"])
            await cluster.CreateAsync(name);
        var found = await cluster.Admin.GetDataAsync("/api/v1/rooms?search=find&limit=1", AdminCluster.Key);
        Assert.Equal(
            ("find-one", "find-one"),
            (found.GetProperty("rooms")[0].GetProperty("name").GetString(), found.GetProperty("next").GetString()));
        found = await cluster.Admin.GetDataAsync("/api/v1/rooms?search=find&limit=2&after=find-one", AdminCluster.Key);
        Assert.Equal("to-Find", Assert.Single(found.GetProperty("rooms").EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Empty_room_has_no_members_even_if_its_host_does_not_reply()
    {
        await cluster.CreateAsync("empty");
        cluster.Host.Answer = _ => null;
        var data = await cluster.Admin.GetDataAsync("/api/v1/room/empty", AdminCluster.Key);
        Assert.Equal(("[]", 0), (data.GetProperty("members").GetRawText(), data.GetProperty("memberCount").GetInt32()));
    }

    [Fact]
    public async Task Members_are_unknown_if_the_host_does_not_reply()
    {
        var room = await cluster.CreateAsync("mute");
        await cluster.Host.Process.Ownership.ReportAsync(room.Name, room.Term, members: 2, messages: null);
        cluster.Host.Answer = _ => null;
        var data = await cluster.Admin.GetDataAsync("/api/v1/room/mute", AdminCluster.Key);
        Assert.Equal((JsonValueKind.Null, 2), (data.GetProperty("members").ValueKind, data.GetProperty("memberCount").GetInt32()));
    }

    [Fact]
    public async Task Missing_room_is_not_found() =>
        await (await SendAsync(HttpMethod.Get, "/api/v1/room/nobody")).IsProblemAsync(HttpStatusCode.NotFound, ErrorCodes.RoomNotFound);

    [Theory]
    [InlineData("GET", "/api/v1/room/no%20body")]
    [InlineData("DELETE", "/api/v1/room/-x/shutdown")]
    [InlineData("POST", "/api/v1/room/-x/message")]
    public async Task Invalid_room_name_is_refused(string method, string path)
    {
        var body = method == "POST" ? """{"text":"x"}""" : null;
        var response = await cluster.Admin.SendAsync(new HttpMethod(method), path, AdminCluster.Key, body);
        await response.IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidRoomName);
    }

    [Fact]
    public async Task Room_is_shut_down_once()
    {
        await cluster.CreateAsync("closing");

        var first = await SendAsync(HttpMethod.Delete, "/api/v1/room/closing/shutdown");
        Assert.Equal(HttpStatusCode.Accepted, first.StatusCode);
        Assert.Equal("""{"data":{"name":"closing","message":"Shutting down"}}""", await first.Content.ReadAsStringAsync(Ct));

        await Eventually.Async(() => cluster.Backplane.Rooms.FindAsync("closing"), room => room is null);
        var second = await SendAsync(HttpMethod.Delete, "/api/v1/room/closing/shutdown");
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
        Assert.Equal(
            """{"data":{"name":"closing","message":"Either shutdown already or doesn't exist"}}""",
            await second.Content.ReadAsStringAsync(Ct));
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path) => cluster.Admin.SendAsync(method, path, AdminCluster.Key);
}
