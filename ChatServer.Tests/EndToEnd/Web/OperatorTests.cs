using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>The admin page, and the effects of its commands on the pages of members.</summary>
public sealed class OperatorTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    [Fact]
    public async Task Announcement_to_one_room_is_not_sent_to_others()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        var ben = await Site.JoinAsync("Ben", await Site.RoomAsync());
        var page = await Site.OperatorAsync(room);
        await page.Button("Announce here…").ClickAsync();
        await page.GetByLabel("Announcement").FillAsync("Only you");
        await page.Button("Announce").ClickAsync();
        await anna.Locator(".announcement .text").ShowsAsync("Only you");
        await ben.SayAsync("after it");
        await ben.ShowsMessagesAsync("after it");
        await Assertions.Expect(ben.Locator(".announcement")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Room_shutdown_is_shown_to_the_members_and_to_the_operator()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        var page = await Site.OperatorAsync(room);
        await page.Locator("#members").ShowsAsync("Anna");
        await page.Button("Shut down this room…").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await page.Button("Shut down").ClickAsync();
        await anna.Locator("#notice").ShowsAsync("This room was closed.");
        await page.Locator("#room-state").ShowsAsync($"There is no room {room}.");
        await Assertions.Expect(page.Button("Shut down this room…")).ToBeDisabledAsync();
    }

    [Fact]
    public async Task Watching_operator_joins_as_a_member_and_sees_escaped_texts()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("<i>Anna</i>", room);
        await anna.SayAsync("before");
        var page = await Site.OperatorAsync(room);
        await page.Button("Join and watch").ClickAsync();
        await page.ShowsMessagesAsync("before");
        await anna.Locator("#members").ShowsAsync("operator");
        await anna.SayAsync("<img src=x onerror=alert()>");
        await page.ShowsMessagesAsync("before", "<img src=x onerror=alert()>");
        await page.Locator("#live-region").ShowsAsync("<i>Anna</i>: <img src=x onerror=alert()>");
        await page.Locator("#members").ShowsAsync("<i>Anna</i>");
        Assert.Equal(0, await page.Locator("#room img, #room i").CountAsync());
        await page.Button("Stop watching").ClickAsync();
        await Assertions.Expect(page.Locator("#members")).Not.ToContainTextAsync("operator");
        await page.Button("Join and watch").ClickAsync();
        await anna.Locator("#members").ShowsAsync("operator");
        await anna.SayAsync("after");
        await page.ShowsMessagesAsync("before", "<img src=x onerror=alert()>", "after");
    }

    [Fact]
    public async Task Watching_operator_sees_the_newest_events_and_can_scroll_back()
    {
        var room = await Site.RoomAsync();
        await Site.SayAsync(room, 120);
        var page = await Site.OperatorAsync(room);
        await page.Button("Join and watch").ClickAsync();
        await Assertions.Expect(page.Messages().Last).ToHaveTextAsync("120");
        await Assertions.Expect(page.Messages().Last).ToBeInViewportAsync();
        await page.Locator("#scroller").FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Assertions.Expect(page.Messages()).ToHaveCountAsync(120);
    }

    [Fact]
    public async Task Private_room_is_watched_with_a_token_of_the_Admin()
    {
        var page = await Site.OperatorAsync(await Site.RoomAsync(new { @private = true }));
        await page.Button("Join and watch").ClickAsync();
        await page.Locator("#live-view-state").ShowsAsync("You are in the room as operator.");
    }

    [Fact]
    public async Task Admin_key_is_asked_once_per_tab_and_stored_nowhere_else()
    {
        var page = await Site.BrowserAsync();
        await page.GotoAsync(ChatSite.AddressOf(Site.Admin));
        var key = page.GetByLabel("Admin key");
        await Assertions.Expect(key).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("wröng");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#key-error").ShowsAsync("The key is not valid for this server.");
        await Assertions.Expect(key).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(ChatSite.AdminKey);
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#health").ShowsAsync("Live");
        await page.ReloadAsync();
        await page.Locator("#health").ShowsAsync("Live");
        var kept = await page.EvaluateAsync<string>("JSON.stringify(localStorage) + document.cookie + location");
        Assert.DoesNotContain(ChatSite.AdminKey, kept, StringComparison.Ordinal);
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync(ChatSite.AddressOf(Site.Admin));
        await Assertions.Expect(other.GetByLabel("Admin key")).ToBeFocusedAsync();
        await page.Button("Sign out").ClickAsync();
        await page.ReloadAsync();
        await Assertions.Expect(key).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Rooms_can_be_searched_and_paged()
    {
        var page = await Site.OperatorAsync();
        var part = $"{Guid.NewGuid():N}"[..8];
        for (var i = 1; i <= 25; i++) await Site.CreateRoomAsync($"in-{part}-{i:D2}");
        await page.GetByLabel("Search rooms by name").FillAsync(part.ToUpperInvariant());
        var names = page.Locator("#rooms-rows a");
        await Assertions.Expect(names).ToHaveTextAsync([.. Enumerable.Range(1, 20).Select(i => $"in-{part}-{i:D2}")]);
        await page.Button("Next").ClickAsync();
        await Assertions.Expect(names).ToHaveTextAsync([.. Enumerable.Range(21, 5).Select(i => $"in-{part}-{i:D2}")]);
        await Assertions.Expect(page.Button("Next")).ToBeDisabledAsync();
        await page.Button("Previous").ClickAsync();
        await names.First.ShowsAsync($"in-{part}-01");
        await page.GetByLabel("Search rooms by name").FillAsync("no such thing");
        await page.Locator("#rooms-state").ShowsAsync("No room has “no such thing” in its name or title.");
    }

    [Fact]
    public async Task Load_above_the_number_of_CPUs_is_a_warning()
    {
        var page = await Site.BrowserAsync();
        var (load, cpus) = (37.4, 2);
        await page.RouteAsync("**/api/v1/load", async route =>
        {
            var response = await route.FetchAsync();
            var body = JsonNode.Parse(await response.TextAsync())!;
            body["data"]!["loadAvg"] = new JsonArray(load, load, load);
            body["data"]!["cpus"] = cpus;
            await route.FulfillAsync(new() { Response = response, Body = body.ToJsonString() });
        });
        await page.GotoAsync(ChatSite.AddressOf(Site.Admin));
        await ChatSite.GiveKeyAsync(page);
        await page.Locator("#tiles .warning").ShowsAsync("37 exceeds 2 CPUs");
        load = 0.5;
        await page.Locator("#tiles").ShowsAsync("0.5 of 2 CPUs");
        await Assertions.Expect(page.Locator("#tiles .warning")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Documentation_of_the_API_works_under_its_security_policy()
    {
        var page = await Site.BrowserAsync();
        var errors = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error") errors.Add(message.Text);
        };
        await page.GotoAsync($"{ChatSite.AddressOf(Site.Admin)}/docs");
        await page.GetByText("ChatServer Admin").First.WaitForAsync();
        await page.GetByText("X-API-Key").First.WaitForAsync();
        Assert.Empty(errors);
    }

    [Fact]
    public async Task Server_shutdown_needs_confirmation()
    {
        var commands = 0;
        var page = await Site.OperatorAsync();
        // Other tests use the site, so the test answers the command itself.
        await page.RouteAsync("**/api/v1/shutdown", route =>
        {
            commands += route.Request.Method == "DELETE" && route.Request.Headers["x-api-key"] == ChatSite.AdminKey ? 1 : 100;
            return route.FulfillAsync(new()
            {
                Status = 202,
                ContentType = "application/json",
                Body = """{"data":{"message":"Shutting down","rooms":7}}""",
            });
        });
        await page.Button("Shut down…").ClickAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#dialog")).ToBeHiddenAsync();
        await page.Button("Shut down…").ClickAsync();
        await page.Button("Continue…").ClickAsync();
        await page.Button("Shut down the server").ClickAsync();
        await page.Locator("#dialog-error").ShowsAsync("Type “shut down”.");
        Assert.Equal(0, commands);
        await page.GetByLabel("Confirmation").FillAsync("Shut down");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#toast").ShowsAsync("Shutting down. Closing 7 rooms.");
        Assert.Equal(1, commands);
    }

    [Fact]
    public async Task Page_shows_why_polling_fails_and_recovers_by_itself()
    {
        var room = await Site.RoomAsync();
        var page = await Site.OperatorAsync(room);
        await page.RouteAsync("**/api/v1/**", route => route.FulfillAsync(new()
        {
            Status = 503,
            ContentType = "application/problem+json",
            Body = """{"status":503,"code":"redis-unavailable","detail":"Away."}""",
        }));
        await page.Locator("#health").ShowsAsync("Redis is unavailable. Showing data from");
        await page.IsAccessibleAsync();
        await page.Button("Announce here…").ClickAsync();
        await page.GetByLabel("Announcement").FillAsync("Anybody?");
        await page.Button("Announce").ClickAsync();
        await page.Locator("#dialog-error").ShowsAsync("Redis is unavailable. Try again later.");
        await page.UnrouteAllAsync();
        await page.RouteAsync("**/api/v1/**", route => route.AbortAsync());
        await page.Locator("#health").ShowsAsync("The Admin does not respond.");
        await page.UnrouteAllAsync();
        await page.Locator("#health").ShowsAsync("Live");
        await page.Button("Announce").ClickAsync();
        await page.Locator("#toast").ShowsAsync($"Announced in {room}.");
    }

    [Fact]
    public async Task Revoked_key_is_asked_for_again()
    {
        var page = await Site.OperatorAsync();
        await page.RouteAsync("**/api/v1/load", route => route.FulfillAsync(new() { Status = 401, Body = """{"code":"unauthorized"}""" }));
        await page.Locator("#key-error").ShowsAsync("The key is no longer valid.");
        await Assertions.Expect(page.Locator("#overview")).ToBeHiddenAsync();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Admin_page_passes_accessibility_checks(bool dark, bool narrow)
    {
        var room = await Site.RoomAsync(new { title = "Tea" });
        var anna = await Site.JoinAsync("Anna", room);
        await anna.SayAsync("Hello https://example.com");
        var page = await Site.BrowserAsync(dark, narrow);
        await page.GotoAsync(ChatSite.AddressOf(Site.Admin));
        await Assertions.Expect(page.GetByLabel("Admin key")).ToBeFocusedAsync();
        await page.IsAccessibleAsync();
        await ChatSite.GiveKeyAsync(page);
        await Assertions.Expect(page.Locator(".host")).ToHaveCountAsync(2);
        await page.GetByLabel("Search rooms by name").FillAsync(room);
        await Assertions.Expect(page.Locator("#rooms-rows a")).ToHaveTextAsync([room]);
        await IsWellAsync(page);
        await page.Button("Shut down…").ClickAsync();
        await IsWellAsync(page);
        await page.Button("Continue…").ClickAsync();
        await page.Button("Shut down the server").ClickAsync();
        await page.Locator("#dialog-error").ShowsAsync("Type “shut down”.");
        await IsWellAsync(page);
        await page.Keyboard.PressAsync("Escape");
        await page.Locator("#rooms-rows a").ClickAsync();
        await Assertions.Expect(page.Locator("#room-title")).ToBeFocusedAsync();
        await page.Locator("#members").ShowsAsync("Anna");
        await IsWellAsync(page);
        await page.Button("Join and watch").ClickAsync();
        await page.ShowsMessagesAsync("Hello https://example.com");
        await IsWellAsync(page);
        await page.GotoAsync($"{ChatSite.AddressOf(Site.Admin)}/#/room/nobody-made-it");
        await page.Locator("#room-state").ShowsAsync("There is no room nobody-made-it.");
        await IsWellAsync(page);
    }

    /// <summary>Accessible, and no wider than the screen.</summary>
    private static async Task IsWellAsync(IPage page)
    {
        await page.IsAccessibleAsync();
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
    }
}
