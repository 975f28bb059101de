using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>Accessibility: keyboard, phones, dark mode, screen readers, and unusual texts.</summary>
public sealed class AccessTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    private const string Markup = """<img src=x onerror="document.title='owned'"><b>bold</b>&amp;<script>document.title='owned'</script>""";

    [Fact]
    public async Task Markup_in_names_and_texts_is_escaped()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        var mallory = await Site.JoinAsync("<img src=x onerror=alert()>", room);
        await mallory.SayAsync(Markup);
        await anna.ShowsMessagesAsync(Markup);
        await anna.Locator(".row .sender").ShowsAsync("<img src=x onerror=alert()>");
        await anna.Locator("#members").ShowsAsync("<img src=x onerror=alert()>");
        Assert.Equal(0, await anna.Locator("main b, main img, main script, aside img").CountAsync());
        Assert.DoesNotContain("owned", await anna.TitleAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_web_links_are_rendered()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        await anna.SayAsync("See https://example.com/a_(b)?c=d. Not javascript:alert(1), nor http://");
        await anna.ShowsMessagesAsync("See https://example.com/a_(b)?c=d. Not javascript:alert(1), nor http://");
        var link = Assert.Single(await anna.Locator(".row a").AllAsync());
        Assert.Equal("https://example.com/a_(b)?c=d", await link.GetAttributeAsync("href"));
        Assert.Contains("noopener", await link.GetAttributeAsync("rel"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_app_is_usable_by_keyboard_alone()
    {
        var room = await Site.RoomAsync();
        var page = await Site.BrowserAsync();
        await page.GotoAsync(ChatSite.AddressOf(Site.LoadBalancers[0]));
        await Assertions.Expect(page.GetByLabel("Room", new() { Exact = true })).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync(room);
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.GetByLabel("Your name")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("Anna");
        await page.Keyboard.PressAsync("Enter");
        var text = page.GetByLabel("Message", new() { Exact = true });
        await Assertions.Expect(text).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("two");
        await page.Keyboard.PressAsync("Shift+Enter");
        await page.Keyboard.TypeAsync("lines");
        await page.Keyboard.PressAsync("Enter");
        await page.ShowsMessagesAsync("two\nlines");
        await Assertions.Expect(text).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Shift+Tab");
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Actions for" })).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Shift+Tab");
        await Assertions.Expect(page.Locator("#scroller")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Member_list_is_a_sheet_on_a_phone()
    {
        var room = await Site.RoomAsync();
        var page = await Site.JoinAsync("Anna", room, narrow: true);
        await page.SayAsync($"A long word: {new string('w', 300)}");
        Assert.True(await page.EvaluateAsync<bool>(
            "document.documentElement.scrollWidth <= innerWidth && scroller.scrollWidth <= scroller.clientWidth"));
        await Assertions.Expect(page.Locator("#members-panel")).ToBeHiddenAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "People", Exact = true }).ClickAsync();
        await page.Locator("#members-panel").ShowsAsync("Anna");
        await page.IsAccessibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator("#members-panel")).ToBeHiddenAsync();
        await Assertions.Expect(page.Locator("#members-toggle")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task Unread_messages_are_counted_and_marked()
    {
        var room = await Site.RoomAsync(new { title = "Lobby" });
        var anna = await Site.JoinAsync("Anna", room);
        var ben = await Site.JoinAsync("Ben", room);
        await anna.SayAsync("seen");
        await ben.ShowsMessagesAsync("seen");
        await ben.EvaluateAsync("document.hasFocus = () => false");
        await anna.SayAsync("news");
        await ben.ShowsMessagesAsync("seen", "news");
        await Assertions.Expect(ben).ToHaveTitleAsync("(1) Lobby · ChatServer");
        await Assertions.Expect(ben.Locator("li.unread-marker + li .text")).ToHaveTextAsync("news");
        await ben.Locator("#live-region").ShowsAsync("Anna: news");
        await ben.EvaluateAsync("document.hasFocus = () => true; dispatchEvent(new Event('focus'))");
        await Assertions.Expect(ben).ToHaveTitleAsync("Lobby · ChatServer");
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Chat_page_passes_accessibility_checks(bool dark, bool narrow)
    {
        var room = await Site.RoomAsync();
        var page = await Site.BrowserAsync(dark, narrow);
        await page.GotoAsync(ChatSite.AddressOf(Site.LoadBalancers[0]));
        await page.IsAccessibleAsync();
        await page.GotoAsync($"{ChatSite.AddressOf(Site.LoadBalancers[0])}/room/{room}");
        await page.IsAccessibleAsync();
        await page.GetByLabel("Your name").FillAsync("Anna");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#no-messages").ShowsAsync("No messages yet.");
        await page.IsAccessibleAsync();
        await page.SayAsync("Hello https://example.com");
        await page.ShowsMessagesAsync("Hello https://example.com");
        var ben = await Site.JoinAsync("Ben", room);
        await ben.SayAsync("👋");
        await ben.SayAsync("Good morning");
        await Site.SendToAdminAsync(HttpMethod.Post, $"/api/v1/room/{room}/message", """{"text":"Maintenance at noon"}""");
        await page.Locator(".announcement").ShowsAsync("Maintenance at noon");
        await page.IsAccessibleAsync();
        await Site.SendToAdminAsync(HttpMethod.Delete, $"/api/v1/room/{room}/shutdown");
        await page.Locator("#notice").ShowsAsync("This room was closed.");
        await page.IsAccessibleAsync();
    }

    [Fact]
    public async Task Dark_mode_has_a_dark_background()
    {
        var room = await Site.RoomAsync();
        var light = await Site.JoinAsync("Anna", room);
        var dark = await Site.JoinAsync("Ben", room, dark: true);
        Assert.InRange(await BrightnessAsync(light), 200, 255);
        Assert.InRange(await BrightnessAsync(dark), 0, 60);
    }

    private static Task<double> BrightnessAsync(IPage page) => page.EvaluateAsync<double>(
        "Math.max(...getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number))");
}
