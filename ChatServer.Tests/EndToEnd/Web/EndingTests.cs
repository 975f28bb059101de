using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>How a page takes what ends a connection or a message. We sit between it and the room, and say what a room would.</summary>
public sealed class EndingTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    private readonly List<IWebSocketRoute> _connections = [];

    [Fact]
    public async Task A_deleted_message_is_gone_from_the_page()
    {
        var anna = await PersonAsync();
        await anna.SayAsync("Regrettable");
        await anna.SeesAsync("Regrettable");
        _connections[^1].Send("""{"type":"deleted","seq":2,"time":"2026-01-31T23:59:59.999Z","target":1}""");
        await anna.SeesAsync("This message was deleted.");
        await anna.IsAccessibleAsync();
    }

    [Theory]
    [InlineData(4001, "You were removed from this room.", "Come back")]
    [InlineData(4003, "You are banned from this room.", "Try again")]
    [InlineData(1009, "The connection ended.", "Connect again")]
    public async Task Removed_person_is_informed_and_stays_out_until_rejoining(int code, string title, string action)
    {
        var anna = await PersonAsync();
        await anna.SayAsync("before");
        await anna.SeesAsync("before");
        await _connections[^1].CloseAsync(new() { Code = code });
        await anna.Locator("#notice").ShowsAsync(title);
        Assert.Single(_connections);
        await anna.GetByRole(AriaRole.Button, new() { Name = action }).ClickAsync();
        await anna.SayAsync("after");
        await anna.SeesAsync("before", "after");
    }

    [Theory]
    [InlineData(1001)]
    [InlineData(1013)]
    public async Task Temporarily_closed_page_reconnects_by_itself(int code)
    {
        var anna = await PersonAsync();
        await anna.SayAsync("before");
        await anna.SeesAsync("before");
        await _connections[^1].CloseAsync(new() { Code = code });
        await anna.IsToldAsync("You missed nothing");
        await anna.SayAsync("after");
        await anna.SeesAsync("before", "after");
    }

    [Fact]
    public async Task Refused_message_is_returned_to_the_composer()
    {
        var anna = await PersonAsync(route => route.OnMessage(frame =>
        {
            if (JsonElement.Parse(frame.Text!).TryGetProperty("id", out var id))
                route.Send($$"""{"type":"error","code":"muted","message":"Muted.","id":"{{id}}"}""");
        }));
        await anna.SayAsync("Let me speak");
        await anna.Locator(".row.refused").ShowsAsync("You are muted.");
        await anna.IsAccessibleAsync();
        await anna.GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await Assertions.Expect(anna.GetByLabel("Message", new() { Exact = true })).ToHaveValueAsync("Let me speak");
        await Assertions.Expect(anna.Said()).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_private_room_asks_for_an_invitation()
    {
        var room = await Site.RoomAsync(new { @private = true });
        var anna = await Site.BrowserAsync();
        await Site.EnterAsync(anna, "Anna", room);
        await anna.Locator("#notice").ShowsAsync("This room is private.");
        await anna.IsAccessibleAsync();
    }

    [Fact]
    public async Task An_invitation_is_taken_from_the_link_and_not_shown_after_that()
    {
        var anna = await PersonAsync(token: "an.in-vitation");
        Assert.DoesNotContain("vitation", anna.Url, StringComparison.Ordinal);
        await anna.ReloadAsync();
        await anna.Locator("#count").ShowsAsync("here");
        Assert.Equal(2, _connections.Count);
        Assert.All(_connections, connection => Assert.Contains("token=an.in-vitation", connection.Url, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_invitation_that_the_room_does_not_take_says_so()
    {
        var room = await Site.RoomAsync(new { @private = true });
        var anna = await Site.BrowserAsync();
        await Site.EnterAsync(anna, "Anna", $"{room}#token=an.in-vitation");
        await anna.Locator("#notice").ShowsAsync("Your invitation is not valid any more.");
    }

    [Fact]
    public async Task An_address_that_is_no_room_says_what_is_one()
    {
        var anna = await Site.BrowserAsync();
        await anna.GotoAsync($"{ChatSite.AddressOf(Site.LoadBalancers[0])}/room/_lobby");
        await anna.Locator("#notice").ShowsAsync("That is not the name of a room.");
        await anna.IsAccessibleAsync();
        await anna.GetByRole(AriaRole.Button, new() { Name = "Choose another" }).ClickAsync();
        await Assertions.Expect(anna.GetByLabel("Room", new() { Exact = true })).ToBeFocusedAsync();
    }

    /// <param name="instead">What to do with what the page sends; null: it goes to the room.</param>
    /// <param name="token">Of the link.</param>
    private async Task<IPage> PersonAsync(Action<IWebSocketRoute>? instead = null, string? token = null)
    {
        var room = await Site.RoomAsync();
        var page = await Site.BrowserAsync();
        await page.RouteWebSocketAsync(new Regex("/rooms/"), route =>
        {
            _connections.Add(route);
            route.ConnectToServer();
            instead?.Invoke(route);
        });
        await Site.EnterAsync(page, "Anna", token is null ? room : $"{room}#token={token}");
        await page.Locator("#count").ShowsAsync("here");
        return page;
    }
}
