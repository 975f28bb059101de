using System.Net;
using ChatServer.Backplane.Audit;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

/// <summary>Changes of a room's options.</summary>
public sealed class RoomChangeTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    [Fact]
    public async Task Only_the_stated_options_change_and_the_room_is_described()
    {
        var before = await cluster.CreateAsync("changed", """{"title":"Tea","maxMembers":5,"history":10,"idleTimeoutSeconds":60}""");

        using var response = await PatchAsync("changed", """{"maxMembers":7,"slowModeSeconds":21600,"private":true}""");

        var description = await DataOf(response);
        Assert.Equal("Tea", description.GetProperty("title").GetString());
        Assert.Equal(7, description.GetProperty("options").GetProperty("maxMembers").GetInt32());
        var expected = before.Options with { MaxMembers = 7, SlowModeSeconds = 21_600, Private = true };
        Assert.Equal(expected, (await cluster.Backplane.Rooms.FindAsync("changed"))!.Options);
    }

    [Fact]
    public async Task Null_title_is_the_name_again()
    {
        await cluster.CreateAsync("untitled", """{"title":"Tea"}""");
        using var response = await PatchAsync("untitled", """{"title":null}""");
        Assert.Equal("untitled", (await DataOf(response)).GetProperty("title").GetString());
    }

    [Theory]
    [InlineData("""{"titel":"Typo"}""")]
    [InlineData("""{"history":10}""")]
    [InlineData("""{"durability":"memory"}""")]
    [InlineData("""{"title":"good","maxMembers":-1}""")]
    [InlineData("""{"title":"good","maxMembers":null}""")]
    [InlineData("""{"slowModeSeconds":-1}""")]
    [InlineData("""{"slowModeSeconds":21601}""")]
    [InlineData("""{"idleTimeoutSeconds":-1}""")]
    [InlineData("""{"private":"yes"}""")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task Unknown_members_and_bad_values_are_refused_and_nothing_changes(string body)
    {
        var before = await cluster.CreateAsync("unchanged");
        using var response = await PatchAsync("unchanged", body);
        await response.IsProblemAsync(HttpStatusCode.BadRequest, ErrorCodes.InvalidBody);
        Assert.Equal(before.Options, (await cluster.Backplane.Rooms.FindAsync("unchanged"))!.Options);
    }

    [Fact]
    public async Task Change_requires_the_key_and_an_existing_room()
    {
        await cluster.CreateAsync("locked");
        using var unauthorized = await cluster.Api.SendAsync(HttpMethod.Patch, "/api/v1/room/locked", "wrong", """{"title":"x"}""");
        await unauthorized.IsProblemAsync(HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
        using var missing = await PatchAsync("absent", """{"title":"x"}""");
        await missing.IsProblemAsync(HttpStatusCode.NotFound, ErrorCodes.RoomNotFound);
    }

    [Fact]
    public async Task Change_is_in_the_audit_trail()
    {
        await cluster.CreateAsync("audited");
        (await PatchAsync("audited", """{"slowModeSeconds":5}""")).Dispose();

        var entries = await cluster.Backplane.Audit(new AuditBounds(100, TimeSpan.FromDays(1))).ReadAsync(null, 100);

        var entry = Assert.Single(entries, entry => entry.Target?.Room == "audited");
        Assert.Equal(("changeRoom", "200"), (entry.Action, entry.Result));
        Assert.StartsWith("key:", entry.Actor, StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> PatchAsync(string room, string body) =>
        cluster.Api.SendAsync(HttpMethod.Patch, $"/api/v1/room/{room}", ApiCluster.Key, body);

    private static async Task<System.Text.Json.JsonElement> DataOf(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return System.Text.Json.JsonElement.Parse(text).GetProperty("data");
    }
}
