using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Backplane.Messages;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Admin;

public sealed class AdminAnnouncementTests(AdminCluster cluster) : IClassFixture<AdminCluster>
{
    [Fact]
    public async Task Announcement_to_all_is_stored_for_every_room()
    {
        await cluster.CreateAsync("all-1");
        await cluster.CreateAsync("all-2");
        var (id, rooms) = await AnnounceAsync("/api/v1/message", """{"text":"Maintenance at noon — Zoë 🫖"}""");
        Assert.Equal(await cluster.Backplane.Rooms.CountAsync(), rooms);
        var posted = await FindAsync(id);
        Assert.Equal("Maintenance at noon — Zoë 🫖", posted.Text);
        Assert.Null(posted.Rooms);
    }

    [Fact]
    public async Task Announcement_to_named_rooms_reaches_only_existing_rooms()
    {
        await cluster.CreateAsync("some-1");
        await cluster.CreateAsync("some-2");
        await cluster.CreateAsync("some-3");
        var (id, rooms) = await AnnounceAsync("/api/v1/message", """{"text":"Hello","rooms":["some-3","some-1","nobody","some-1"]}""");
        Assert.Equal(2, rooms);
        Assert.Equal(["some-1", "some-3"], (await FindAsync(id)).Rooms!.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Announcement_to_one_room_reaches_only_that_room()
    {
        await cluster.CreateAsync("one");
        var (id, rooms) = await AnnounceAsync("/api/v1/room/one/message", """{"text":"Hello"}""");
        Assert.Equal(1, rooms);
        Assert.Equal(["one"], (await FindAsync(id)).Rooms!);
    }

    [Fact]
    public async Task Announcement_to_a_missing_room_is_not_found() =>
        await (await PostAsync("/api/v1/room/nobody/message", """{"text":"Hello"}"""))
            .IsProblemAsync(HttpStatusCode.NotFound, ErrorCodes.RoomNotFound);

    [Theory]
    [InlineData("/api/v1/message", "{}")]
    [InlineData("/api/v1/message", """{"text":""}""")]
    [InlineData("/api/v1/message", """{"text":"x","rooms":[]}""")]
    [InlineData("/api/v1/message", """{"text":"x","rooms":["-bad"]}""")]
    [InlineData("/api/v1/message", """{"text":"x","rooms":"one"}""")]
    [InlineData("/api/v1/message", """{"text":"x","rooms":[null]}""")]
    [InlineData("/api/v1/message", """{"text":"x","room":"one"}""")]
    [InlineData("/api/v1/room/any/message", """{"text":"x","rooms":["one"]}""")]
    public async Task Invalid_announcement_is_refused(string path, string body)
    {
        var before = (await cluster.Backplane.Announcements.ReadAfterAsync(0)).Count;
        await (await PostAsync(path, body)).IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidBody);
        Assert.Equal(before, (await cluster.Backplane.Announcements.ReadAfterAsync(0)).Count);
    }

    [Fact]
    public async Task Text_of_more_than_4000_characters_is_refused() =>
        await (await PostAsync("/api/v1/message", $$"""{"text":"{{new string('x', Limits.MaxTextLength + 1)}}"}"""))
            .IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidBody);

    private async Task<(string Id, int Rooms)> AnnounceAsync(string path, string body)
    {
        var response = await PostAsync(path, body);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var data = (await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("data");
        Assert.Equal(["id", "rooms"], data.EnumerateObject().Select(member => member.Name));
        return (data.GetProperty("id").GetString()!, data.GetProperty("rooms").GetInt32());
    }

    private async Task<AnnouncementRecord> FindAsync(string id) =>
        Assert.Single(await cluster.Backplane.Announcements.ReadAfterAsync(0), announcement => announcement.Id == id);

    private Task<HttpResponseMessage> PostAsync(string path, string body) =>
        cluster.Admin.SendAsync(HttpMethod.Post, path, AdminCluster.Key, body);
}
