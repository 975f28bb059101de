using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>What operators see and do on the Admin's page, and what becomes of it on the pages of members.</summary>
public sealed class OperatorTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    [Fact]
    public async Task An_announcement_to_one_room_stays_there()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.PersonAsync("Anna", room);
        var ben = await Site.PersonAsync("Ben", await Site.RoomAsync());
        var page = await Site.OperatorAsync(room);
        await page.Button("Announce here…").ClickAsync();
        await page.GetByLabel("Announcement").FillAsync("Only you");
        await page.Button("Announce").ClickAsync();
        await anna.Locator(".announcement .text").ShowsAsync("Only you");
        await ben.SayAsync("after it");
        await ben.SeesAsync("after it");
        await Assertions.Expect(ben.Locator(".announcement")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_room_that_is_shut_down_says_so_to_its_members_and_to_the_operator()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.PersonAsync("Anna", room);
        var page = await Site.OperatorAsync(room);
        await page.Locator("#members").ShowsAsync("Anna");
        await page.Button("Shut this room down…").ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Cancel" })).ToBeFocusedAsync();
        await page.Button("Shut down").ClickAsync();
        await anna.Locator("#notice").ShowsAsync("This room was closed.");
        await page.Locator("#room-state").ShowsAsync($"There is no room {room}.");
        await Assertions.Expect(page.Button("Shut this room down…")).ToBeDisabledAsync();
    }

    [Fact]
    public async Task Watching_operator_joins_as_a_member_and_sees_escaped_texts()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.PersonAsync("<i>Anna</i>", room);
        await anna.SayAsync("before");
        var page = await Site.OperatorAsync(room);
        await page.Button("Join and watch").ClickAsync();
        await page.SeesAsync("before");
        await anna.Locator("#members").ShowsAsync("operator");
        await anna.SayAsync("<img src=x onerror=alert()>");
        await page.SeesAsync("before", "<img src=x onerror=alert()>");
        await page.Locator("#said").ShowsAsync("<i>Anna</i>: <img src=x onerror=alert()>");
        await page.Locator("#members").ShowsAsync("<i>Anna</i>");
        Assert.Equal(0, await page.Locator("#room img, #room i").CountAsync());
        await page.Button("Stop watching").ClickAsync();
        await Assertions.Expect(page.Locator("#members")).Not.ToContainTextAsync("operator");
        await page.Button("Join and watch").ClickAsync();
        await anna.Locator("#members").ShowsAsync("operator");
        await anna.SayAsync("after");
        await page.SeesAsync("before", "<img src=x onerror=alert()>", "after");
    }

    [Fact]
    public async Task Watching_operator_sees_the_newest_events_and_can_scroll_back()
    {
        var room = await Site.RoomAsync();
        await Site.SayAsync(room, 120);
        var page = await Site.OperatorAsync(room);
        await page.Button("Join and watch").ClickAsync();
        await Assertions.Expect(page.Said().Last).ToHaveTextAsync("120");
        await Assertions.Expect(page.Said().Last).ToBeInViewportAsync();
        await page.Locator("#scroller").FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Assertions.Expect(page.Said()).ToHaveCountAsync(120);
    }

    [Fact]
    public async Task A_private_room_is_not_watched_without_a_token()
    {
        var page = await Site.OperatorAsync(await Site.RoomAsync(new { @private = true }));
        await page.Locator("#watch-text").ShowsAsync("This room is private");
        await Assertions.Expect(page.Locator("#watch")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task The_key_is_asked_once_a_tab_and_not_kept_elsewhere()
    {
        var page = await Site.BrowserAsync();
        await page.GotoAsync(ChatSite.AddressOf(Site.Admin));
        var key = page.GetByLabel("Admin key");
        await Assertions.Expect(key).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("wröng");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#key-complaint").ShowsAsync("That is not a key of this server.");
        await Assertions.Expect(key).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(ChatSite.AdminKey);
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#health").ShowsAsync("Live");
        await page.ReloadAsync();
        await page.Locator("#health").ShowsAsync("Live");
        Assert.DoesNotContain(ChatSite.AdminKey, await page.EvaluateAsync<string>("JSON.stringify(localStorage) + document.cookie + location"), StringComparison.Ordinal);
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync(ChatSite.AddressOf(Site.Admin));
        await Assertions.Expect(other.GetByLabel("Admin key")).ToBeFocusedAsync();
        await page.Button("Leave").ClickAsync();
        await page.ReloadAsync();
        await Assertions.Expect(key).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Rooms_are_searched_and_turned_over_a_page_at_a_time()
    {
        var page = await Site.OperatorAsync();
        var part = $"{Guid.NewGuid():N}"[..8];
        for (var i = 1; i <= 25; i++) await Site.MakeAsync($"in-{part}-{i:D2}");
        await page.GetByLabel("Search rooms by name").FillAsync(part.ToUpperInvariant());
        var names = page.Locator("#rooms-rows a");
        await Assertions.Expect(names).ToHaveTextAsync([.. Enumerable.Range(1, 20).Select(i => $"in-{part}-{i:D2}")]);
        await page.Button("Next").ClickAsync();
        await Assertions.Expect(names).ToHaveTextAsync([.. Enumerable.Range(21, 5).Select(i => $"in-{part}-{i:D2}")]);
        await Assertions.Expect(page.Button("Next")).ToBeDisabledAsync();
        await page.Button("Previous").ClickAsync();
        await names.First.ShowsAsync($"in-{part}-01");
        await page.GetByLabel("Search rooms by name").FillAsync("no such thing");
        await page.Locator("#rooms-state").ShowsAsync("No room has “no such thing” in its name.");
    }

    [Fact]
    public async Task Server_shutdown_needs_confirmation()
    {
        var orders = 0;
        var page = await Site.OperatorAsync();
        // The site has other tests to serve: we take the order.
        await page.RouteAsync("**/api/v1/shutdown", route =>
        {
            orders += route.Request.Method == "DELETE" && route.Request.Headers["x-api-key"] == ChatSite.AdminKey ? 1 : 100;
            return route.FulfillAsync(new() { Status = 202, ContentType = "application/json", Body = """{"data":{"message":"Shutting down","rooms":7}}""" });
        });
        await page.Button("Shut down…").ClickAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#dialog")).ToBeHiddenAsync();
        await page.Button("Shut down…").ClickAsync();
        await page.Button("Go on…").ClickAsync();
        await page.Button("Shut the server down").ClickAsync();
        await page.Locator("#dialog-complaint").ShowsAsync("Type “shut down”.");
        Assert.Equal(0, orders);
        await page.GetByLabel("To be sure").FillAsync("Shut down");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#toast").ShowsAsync("Shutting down: 7 rooms close.");
        Assert.Equal(1, orders);
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
        await page.Locator("#health").ShowsAsync("Redis is away. Shown is");
        await page.IsAccessibleAsync();
        await page.Button("Announce here…").ClickAsync();
        await page.GetByLabel("Announcement").FillAsync("Anybody?");
        await page.Button("Announce").ClickAsync();
        await page.Locator("#dialog-complaint").ShowsAsync("Redis is away. Try again when it is back.");
        await page.UnrouteAllAsync();
        await page.RouteAsync("**/api/v1/**", route => route.AbortAsync());
        await page.Locator("#health").ShowsAsync("The Admin does not answer.");
        await page.UnrouteAllAsync();
        await page.Locator("#health").ShowsAsync("Live");
        await page.Button("Announce").ClickAsync();
        await page.Locator("#toast").ShowsAsync($"Announced in {room}.");
    }

    [Fact]
    public async Task A_key_that_is_taken_back_is_asked_for_again()
    {
        var page = await Site.OperatorAsync();
        await page.RouteAsync("**/api/v1/load", route => route.FulfillAsync(new() { Status = 401, Body = """{"code":"unauthorized"}""" }));
        await page.Locator("#key-complaint").ShowsAsync("The key is not accepted any more.");
        await Assertions.Expect(page.Locator("#overview")).ToBeHiddenAsync();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Admin_page_passes_accessibility_checks(bool dark, bool narrow)
    {
        var room = await Site.RoomAsync(new { title = "Tea" });
        var anna = await Site.PersonAsync("Anna", room);
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
        await page.Button("Go on…").ClickAsync();
        await page.Button("Shut the server down").ClickAsync();
        await page.Locator("#dialog-complaint").ShowsAsync("Type “shut down”.");
        await IsWellAsync(page);
        await page.Keyboard.PressAsync("Escape");
        await page.Locator("#rooms-rows a").ClickAsync();
        await Assertions.Expect(page.Locator("#room-title")).ToBeFocusedAsync();
        await page.Locator("#members").ShowsAsync("Anna");
        await IsWellAsync(page);
        await page.Button("Join and watch").ClickAsync();
        await page.SeesAsync("Hello https://example.com");
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
