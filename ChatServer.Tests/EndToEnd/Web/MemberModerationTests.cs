using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>Deletion and moderation on the chat page, and what the affected user is told.</summary>
public sealed class MemberModerationTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    [Fact]
    public async Task Author_deletes_an_own_message_by_keyboard_and_no_other()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        var ben = await Site.JoinAsync("Ben", room);
        await ben.SayAsync("of Ben");
        await anna.ShowsMessagesAsync("of Ben");
        await anna.SayAsync("kept");
        await anna.SayAsync("regrettable");
        await anna.ShowsMessagesAsync("of Ben", "kept", "regrettable");
        await Assertions.Expect(anna.Locator(".row .menu-button")).ToHaveCountAsync(2);
        await anna.Keyboard.PressAsync("Shift+Tab");
        await Assertions.Expect(Menu(anna, "regrettable")).ToBeFocusedAsync();
        await anna.Keyboard.PressAsync("ArrowUp");
        await Assertions.Expect(Menu(anna, "kept")).ToBeFocusedAsync();
        await anna.Keyboard.PressAsync("ArrowDown");
        await anna.Keyboard.PressAsync("Enter");
        await anna.IsAccessibleAsync();
        await anna.Keyboard.PressAsync("Enter");
        await anna.Locator("#moderation-dialog").ShowsAsync("Delete this message?");
        await anna.IsAccessibleAsync();
        await anna.Button("Delete").ClickAsync();
        await anna.ShowsMessagesAsync("of Ben", "kept", "This message was deleted.");
        await ben.ShowsMessagesAsync("of Ben", "kept", "This message was deleted.");
        await Assertions.Expect(anna.Locator(".row .menu-button")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task Moderator_mutes_and_kicks_a_member_who_is_told_the_reason()
    {
        var room = await Site.RoomAsync();
        var mallory = await Site.JoinAsync("Mallory", room);
        await mallory.SayAsync("spam");
        var page = await Site.BrowserAsync();
        var token = await Site.TokenAsync(room, "Mona", "read", "write", "moderate");
        await Site.OpenRoomAsync(page, "Mona", $"{room}#token={token}");
        await page.ShowsMessagesAsync("spam");

        await ModerateAsync(page, "Mute…");
        await page.GetByLabel("Duration").SelectOptionAsync("1 hour");
        await page.GetByLabel("Reason").FillAsync("Too loud.");
        await page.IsAccessibleAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.ShowsBannerAsync("Mallory is muted.");
        await mallory.Locator(".note").ShowsAsync("You are muted for 1 hour: Too loud.");
        await mallory.SayAsync("more");
        await mallory.Locator(".row.refused").ShowsAsync("Too loud.");

        await ModerateAsync(page, "Kick…");
        await page.GetByLabel("Reason").FillAsync("Go away.");
        await page.Keyboard.PressAsync("Enter");
        await page.ShowsBannerAsync("Mallory was removed.");
        await mallory.Locator("#notice").ShowsAsync("You were removed from this room.");
        await mallory.Locator("#notice").ShowsAsync("Reason: Go away.");
        await mallory.Button("Rejoin").ClickAsync();
        await mallory.Locator("#member-count").ShowsAsync("2 people");

        await ModerateAsync(page, "Delete…");
        await page.Button("Delete").ClickAsync();
        await mallory.Locator(".row.deleted").ShowsAsync("This message was deleted.");
    }

    [Fact]
    public async Task Banned_user_is_told_the_reason_and_the_remaining_time_also_after_a_reload()
    {
        var room = await Site.RoomAsync();
        var mallory = await Site.JoinAsync("Mallory", room);
        await Site.SendToAdminAsync(HttpMethod.Post, $"/api/v1/room/{room}/ban", """{"user":"Mallory","seconds":7200,"reason":"Spam."}""");
        await mallory.Locator("#notice").ShowsAsync("You are banned from this room.");
        await mallory.Locator("#notice").ShowsAsync("Reason: Spam.");
        await mallory.ReloadAsync();
        await mallory.Locator("#notice").ShowsAsync("You are banned from this room.");
        await mallory.Locator("#notice").ShowsAsync("The ban ends in 2 hours. Reason: Spam.");
        await mallory.IsAccessibleAsync();
        await Site.SendToAdminAsync(HttpMethod.Post, $"/api/v1/room/{room}/unban", """{"user":"Mallory"}""");
        await mallory.Button("Try again").ClickAsync();
        await mallory.Locator("#member-count").ShowsAsync("Only you are here");
    }

    [Fact]
    public async Task Message_in_slow_mode_waits_and_is_sent_later()
    {
        var room = await Site.RoomAsync(new { slowModeSeconds = 8 });
        var anna = await Site.JoinAsync("Anna", room);
        await anna.SayAsync("first");
        await anna.ShowsMessagesAsync("first");
        await anna.SayAsync("second");
        await anna.Locator(".row.pending").ShowsAsync("Slow mode: sent in");
        await anna.ShowsMessagesAsync("first", "second");
    }

    [Fact]
    public async Task Reader_cannot_write_and_sees_why()
    {
        var room = await Site.RoomAsync();
        var page = await Site.BrowserAsync();
        await Site.OpenRoomAsync(page, "Rita", $"{room}#token={await Site.TokenAsync(room, "Rita", "read")}");
        var text = page.GetByLabel("Message", new() { Exact = true });
        await Assertions.Expect(text).ToBeDisabledAsync();
        await Assertions.Expect(text).ToHaveAttributeAsync("placeholder", "You can read messages here, but not write.");
        await page.IsAccessibleAsync();
    }

    private static async Task ModerateAsync(IPage page, string action)
    {
        await Menu(page, "spam").ClickAsync();
        await page.GetByRole(AriaRole.Menuitem, new() { Name = action }).ClickAsync();
    }

    private static ILocator Menu(IPage page, string text) => page.GetByRole(AriaRole.Button, new() { Name = $"Actions for “{text}”" });
}
