using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>Reaction of a page to the end of a connection and to refusals, which the test sends in place of the room.</summary>
public sealed class EndingTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    private readonly List<IWebSocketRoute> _connections = [];

    [Fact]
    public async Task A_deleted_message_is_gone_from_the_page()
    {
        var anna = await JoinAsync();
        await anna.SayAsync("Regrettable");
        await anna.ShowsMessagesAsync("Regrettable");
        _connections[^1].Send("""{"type":"deleted","seq":2,"time":"2026-01-31T23:59:59.999Z","target":1}""");
        await anna.ShowsMessagesAsync("This message was deleted.");
        await anna.IsAccessibleAsync();
    }

    [Theory]
    [InlineData(4001, "You were removed from this room.", "Rejoin")]
    [InlineData(4003, "You are banned from this room.", "Try again")]
    [InlineData(1009, "The connection ended.", "Connect again")]
    public async Task Removed_person_is_informed_and_stays_out_until_rejoining(int code, string title, string action)
    {
        var anna = await JoinAsync();
        await anna.SayAsync("before");
        await anna.ShowsMessagesAsync("before");
        await _connections[^1].CloseAsync(new() { Code = code });
        await anna.Locator("#notice").ShowsAsync(title);
        Assert.Single(_connections);
        await anna.GetByRole(AriaRole.Button, new() { Name = action }).ClickAsync();
        await anna.SayAsync("after");
        await anna.ShowsMessagesAsync("before", "after");
    }

    [Theory]
    [InlineData(1001)]
    [InlineData(1013)]
    public async Task Temporarily_closed_page_reconnects_by_itself(int code)
    {
        var anna = await JoinAsync();
        await anna.SayAsync("before");
        await anna.ShowsMessagesAsync("before");
        await _connections[^1].CloseAsync(new() { Code = code });
        await anna.ShowsBannerAsync("No messages were missed");
        await anna.SayAsync("after");
        await anna.ShowsMessagesAsync("before", "after");
    }

    [Fact]
    public async Task Refused_message_is_returned_to_the_composer()
    {
        var anna = await JoinAsync(route => route.OnMessage(frame =>
        {
            if (JsonElement.Parse(frame.Text!).TryGetProperty("id", out var id))
                route.Send($$"""{"type":"error","code":"muted","message":"You are muted.","id":"{{id}}"}""");
        }));
        await anna.SayAsync("Let me speak");
        await anna.Locator(".row.refused").ShowsAsync("You are muted.");
        await anna.IsAccessibleAsync();
        await anna.GetByRole(AriaRole.Button, new() { Name = "Edit" }).ClickAsync();
        await Assertions.Expect(anna.GetByLabel("Message", new() { Exact = true })).ToHaveValueAsync("Let me speak");
        await Assertions.Expect(anna.Messages()).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_private_room_asks_for_an_invitation()
    {
        var room = await Site.RoomAsync(new { @private = true });
        var anna = await Site.BrowserAsync();
        await Site.OpenRoomAsync(anna, "Anna", room);
        await anna.Locator("#notice").ShowsAsync("This room is private.");
        await anna.IsAccessibleAsync();
    }

    [Fact]
    public async Task Token_is_read_from_the_link_and_removed_from_the_address()
    {
        var anna = await JoinAsync(permissions: ["read", "write"]);
        Assert.DoesNotContain("token", anna.Url, StringComparison.Ordinal);
        await anna.ReloadAsync();
        await anna.Locator("#member-count").ShowsAsync("here");
        Assert.Equal(2, _connections.Count);
        Assert.All(_connections, connection => Assert.DoesNotContain("token", connection.Url, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Invalid_invitation_is_reported(bool isPrivate)
    {
        var room = await Site.RoomAsync(new { @private = isPrivate });
        var anna = await Site.BrowserAsync();
        await Site.OpenRoomAsync(anna, "Anna", $"{room}#token=an.in-vitation");
        await anna.Locator("#notice").ShowsAsync("Your invitation is no longer valid.");
    }

    [Fact]
    public async Task Address_that_does_not_exist_leads_to_a_page_with_the_way_back()
    {
        var anna = await Site.BrowserAsync();
        await anna.GotoAsync($"{ChatSite.AddressOf(Site.LoadBalancers[0])}/rooms-of/nobody");
        await Assertions.Expect(anna.GetByRole(AriaRole.Heading)).ToHaveTextAsync("Page not found.");
        await anna.IsAccessibleAsync();
        await anna.GetByText("Choose a room").ClickAsync();
        await Assertions.Expect(anna.GetByLabel("Room", new() { Exact = true })).ToBeFocusedAsync();
    }

    [Theory]
    [InlineData("no-such-room", "Ann", "closed: not-found: There is no such room.")]
    [InlineData(null, "admin", "closed: name: The name is reserved; joining under it requires a token.")]
    public async Task Client_on_a_page_of_another_origin_learns_why_it_is_refused(string? room, string user, string title)
    {
        room ??= await Site.RoomAsync();
        var page = await Site.BrowserAsync();
        var loadBalancer = ChatSite.AddressOf(Site.LoadBalancers[0]);
        // An answer without a security policy, of another origin than the load balancer's.
        await page.GotoAsync($"{ChatSite.AddressOf(Site.Admin)}/alive");
        await page.EvaluateAsync(
            """
            async ({ origin, room, user }) => {
              const { ChatClient } = await import(`${origin}/chat-client.js`);
              const chat = new ChatClient({ url: `${origin.replace('http', 'ws')}/rooms/${room}`, user });
              chat.addEventListener('state', () => { document.title = `${chat.state}: ${chat.reason}: ${chat.detail}`; });
              chat.connect();
            }
            """,
            new { origin = loadBalancer, room, user });
        await Assertions.Expect(page).ToHaveTitleAsync(title);
    }

    [Fact]
    public async Task Person_whose_name_is_not_accepted_chooses_another()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.BrowserAsync();
        await Site.OpenRoomAsync(anna, "Moderator", room);
        await anna.Locator("#notice").ShowsAsync("The room does not accept your name.");
        await anna.Locator("#notice").ShowsAsync("reserved for operators");
        await anna.IsAccessibleAsync();
        await anna.GetByRole(AriaRole.Button, new() { Name = "Choose another" }).ClickAsync();
        await anna.GetByLabel("Your name", new() { Exact = true }).FillAsync("Anna");
        await anna.GetByRole(AriaRole.Button, new() { Name = "Change name" }).ClickAsync();
        await anna.SayAsync("in");
        await anna.ShowsMessagesAsync("in");
    }

    [Fact]
    public async Task Invalid_room_name_in_the_address_is_explained()
    {
        var anna = await Site.BrowserAsync();
        await anna.GotoAsync($"{ChatSite.AddressOf(Site.LoadBalancers[0])}/room/bad%20name");
        await Assertions.Expect(anna.Locator("#title")).ToHaveTextAsync("bad name");
        await anna.Locator("#notice").ShowsAsync("This is not a valid room name.");
        await anna.IsAccessibleAsync();
        await anna.GetByRole(AriaRole.Button, new() { Name = "Choose another" }).ClickAsync();
        await Assertions.Expect(anna.GetByLabel("Room", new() { Exact = true })).ToBeFocusedAsync();
    }

    /// <param name="instead">Handles the frames of the page; null: they are forwarded to the room.</param>
    /// <param name="permissions">The permissions of a token in the link; null: the link has none, and the room is public.</param>
    private async Task<IPage> JoinAsync(Action<IWebSocketRoute>? instead = null, string[]? permissions = null)
    {
        var room = await Site.RoomAsync(new { @private = permissions is not null });
        var page = await Site.BrowserAsync();
        await page.RouteWebSocketAsync(new Regex("/rooms/"), route =>
        {
            _connections.Add(route);
            route.ConnectToServer();
            instead?.Invoke(route);
        });
        var token = permissions is null ? "" : $"#token={await Site.TokenAsync(room, "Anna", permissions)}";
        await Site.OpenRoomAsync(page, "Anna", room + token);
        await page.Locator("#member-count").ShowsAsync("here");
        return page;
    }
}
