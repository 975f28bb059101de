using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>Moderation on the admin page: the menus, bans and mutes in force, and the audit trail.</summary>
public sealed class ModeratingOperatorTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    [Fact]
    public async Task Operator_kicks_a_member_by_keyboard_and_the_member_sees_the_reason()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        var page = await Site.OperatorAsync(room);
        await page.Button("Moderate Anna").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Item(page, "Kick…")).ToBeFocusedAsync();
        await page.IsAccessibleAsync();
        await page.Keyboard.PressAsync("ArrowUp");
        await Assertions.Expect(Item(page, "Ban…")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Button("Moderate Anna")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Reason(page)).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("Calm down.");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#toast").ShowsAsync("Anna was removed.");
        await anna.Locator("#notice").ShowsAsync("You were removed from this room.");
        await Assertions.Expect(page.Locator("#members")).Not.ToContainTextAsync("Anna");
    }

    [Fact]
    public async Task Bans_and_mutes_in_force_are_listed_and_lifted()
    {
        var room = await Site.RoomAsync();
        await Site.JoinAsync("Anna", room);
        var page = await Site.OperatorAsync(room);
        await page.Locator("#sanctions-state").ShowsAsync("Nobody is banned or muted.");
        await ModerateAsync(page, "Mute…");
        await page.GetByLabel("Duration").SelectOptionAsync("1 hour");
        await page.Button("Mute").ClickAsync();
        await page.Locator("#sanctions").ShowsAsync("Anna muted · until");
        await ModerateAsync(page, "Ban…");
        await page.GetByLabel("Duration").SelectOptionAsync("Until it is lifted");
        await Reason(page).FillAsync("Spam.");
        await page.GetByLabel("In every room").CheckAsync();
        await page.IsAccessibleAsync();
        await page.Button("Ban").ClickAsync();
        await page.Locator("#sanctions").ShowsAsync("Anna banned in every room · until it is lifted · Spam.");
        await Assertions.Expect(page.Locator("#sanctions")).Not.ToContainTextAsync("Anna banned ·");
        await page.Button("Lift mute of Anna").ClickAsync();
        await Assertions.Expect(page.Locator("#sanctions")).Not.ToContainTextAsync("muted");
        await page.GetByRole(AriaRole.Link, new() { Name = "Moderation", Exact = true }).ClickAsync();
        await page.Locator("#global-bans").ShowsAsync("Spam.");
        await page.IsAccessibleAsync();
        await page.Locator("#global-bans li").Filter(new() { HasText = "Spam." }).GetByRole(AriaRole.Button).ClickAsync();
        await page.Locator("#toast").ShowsAsync("The ban was lifted.");
        await Assertions.Expect(page.Locator("#global-bans")).Not.ToContainTextAsync("Spam.");
    }

    [Fact]
    public async Task Watching_operator_deletes_a_message()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        await anna.SayAsync("kept");
        await anna.SayAsync("regrettable");
        await anna.ShowsMessagesAsync("kept", "regrettable");
        var page = await Site.OperatorAsync(room);
        await page.Button("Join and watch").ClickAsync();
        await page.ShowsMessagesAsync("kept", "regrettable");
        await page.Button("Actions for “regrettable” by Anna").FocusAsync();
        await page.Keyboard.PressAsync("ArrowUp");
        await Assertions.Expect(page.Button("Actions for “kept” by Anna")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Enter");
        await page.Locator("#dialog").ShowsAsync("Delete this message by Anna?");
        await page.Button("Delete").ClickAsync();
        await page.ShowsMessagesAsync("kept", "This message was deleted.");
        await anna.ShowsMessagesAsync("kept", "This message was deleted.");
        await page.IsAccessibleAsync();
    }

    [Fact]
    public async Task Audit_trail_is_filtered_by_action_room_and_actor()
    {
        var room = await Site.RoomAsync();
        await Site.SendToAdminAsync(HttpMethod.Post, $"/api/v1/room/{room}/message", """{"text":"Hello"}""");
        await Site.SendToAdminAsync(HttpMethod.Post, $"/api/v1/room/{room}/mute", """{"uid":"mallory","reason":"Spam."}""");
        var page = await Site.OperatorAsync(room);
        await page.GetByText("Audit trail of this room").ClickAsync();
        await Assertions.Expect(page.GetByLabel("Room", new() { Exact = true })).ToHaveValueAsync(room);
        var rows = page.Locator("#audit-rows tr");
        await Assertions.Expect(rows).ToHaveCountAsync(2);
        await rows.First.ShowsAsync("mallory");
        await rows.First.ShowsAsync("Spam.");
        await page.GetByLabel("Action").FillAsync("MUTE");
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await page.GetByLabel("Actor").FillAsync("~nobody");
        await page.Locator("#audit-state").ShowsAsync("No entry matches.");
        await page.GetByLabel("Actor").FillAsync("key:");
        await Assertions.Expect(rows).ToHaveCountAsync(1);
        await page.IsAccessibleAsync();
    }

    private static async Task ModerateAsync(IPage page, string action)
    {
        await page.Button("Moderate Anna").ClickAsync();
        await Item(page, action).ClickAsync();
    }

    private static ILocator Item(IPage page, string name) => page.GetByRole(AriaRole.Menuitem, new() { Name = name });

    private static ILocator Reason(IPage page) => page.GetByLabel("Reason (the user sees it)");
}
