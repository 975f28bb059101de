using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>Conversations on the chat page.</summary>
public sealed class ConversationTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    [Fact]
    public async Task Two_people_talk_through_different_load_balancers()
    {
        var room = await Site.RoomAsync(new { title = "The lobby" });
        var anna = await Site.JoinAsync("Anna", room, Site.LoadBalancers[0]);
        var ben = await Site.JoinAsync("Ben", room, Site.LoadBalancers[1]);
        await anna.SayAsync("Hello");
        await ben.ShowsMessagesAsync("Hello");
        await ben.SayAsync("Hello yourself,\nAnna");
        await anna.ShowsMessagesAsync("Hello", "Hello yourself,\nAnna");
        await ben.ShowsMessagesAsync("Hello", "Hello yourself,\nAnna");
        await anna.Locator("#title").ShowsAsync("The lobby");
        await Assertions.Expect(anna.Locator("#members li")).ToHaveCountAsync(2);
        await ben.GetByLabel("Message", new() { Exact = true }).PressSequentiallyAsync("I am");
        await anna.Locator("#typing").ShowsAsync("Ben is typing…");
        await Site.ChangeRoomAsync(room, new { title = "The salon" });
        await anna.Locator("#title").ShowsAsync("The salon");
    }

    [Fact]
    public async Task Page_of_the_Api_joins_without_a_load_balancer()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room, Site.Api);
        await anna.SayAsync("Straight");
        await anna.ShowsMessagesAsync("Straight");
    }

    [Fact]
    public async Task Scrolling_up_loads_each_older_message_once_and_in_order()
    {
        const int Count = 700;
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        await Site.SayAsync(room, Count);
        await anna.ReloadAsync();
        await Assertions.Expect(anna.Messages()).ToHaveCountAsync(50);
        Assert.Equal($"{Count}", await anna.Messages().Last.TextContentAsync());
        await anna.Locator("#scroller").FocusAsync();
        await Support.Eventually.Async(
            async () =>
            {
                await anna.Keyboard.PressAsync("Home");
                return await anna.Messages().CountAsync();
            },
            count => count == Count, ChatSite.Timeout);
        Assert.Equal(Enumerable.Range(1, Count).Select(n => $"{n}"), await anna.Messages().AllTextContentsAsync());
        await anna.Locator("#history-start").ShowsAsync("This is the beginning of");
        // Loading older messages replaced the connection; new messages arrive over the new one.
        await anna.SayAsync("and on");
        await Assertions.Expect(anna.Messages().Last).ToHaveTextAsync("and on");
        await Assertions.Expect(anna.Pending()).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Session_moves_to_a_second_tab_and_back()
    {
        var room = await Site.RoomAsync();
        var first = await Site.JoinAsync("Anna", room);
        var second = await first.Context.NewPageAsync();
        await second.GotoAsync(first.Url);
        await first.Locator("#notice").ShowsAsync("This room is open in another tab.");
        await first.GetByRole(AriaRole.Button, new() { Name = "Use it here" }).ClickAsync();
        await second.Locator("#notice").ShowsAsync("This room is open in another tab.");
        await first.SayAsync("Still one person");
        await first.ShowsMessagesAsync("Still one person");
        await first.Locator("#member-count").ShowsAsync("Only you are here");
    }

    [Fact]
    public async Task Missing_room_shows_how_to_create_it_and_opens_once_created()
    {
        var page = await Site.BrowserAsync();
        var room = $"later-{Guid.NewGuid():N}"[..16];
        await Site.OpenRoomAsync(page, "Anna", room, Site.LoadBalancers[1]);
        await page.Locator("#notice").ShowsAsync($"There is no room “{room}” yet.");
        await page.Locator("#notice").ShowsAsync($"curl -X POST {ChatSite.AddressOf(Site.LoadBalancers[1])}/api/v1/room/{room}");
        await page.IsAccessibleAsync();
        await Site.CreateRoomAsync(room);
        await page.Locator("#member-count").ShowsAsync("Only you are here");
        await page.SayAsync("Here at last");
        await page.ShowsMessagesAsync("Here at last");
    }

    [Fact]
    public async Task Announcement_and_closing_of_the_room_are_shown()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        await Site.SendToAdminAsync(HttpMethod.Post, $"/api/v1/room/{room}/message", """{"text":"Maintenance at noon"}""");
        await anna.Locator(".announcement").ShowsAsync("Maintenance at noon");
        await Site.SendToAdminAsync(HttpMethod.Delete, $"/api/v1/room/{room}/shutdown");
        await anna.Locator("#notice").ShowsAsync("This room was closed.");
        await Assertions.Expect(anna.Locator(".announcement")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Full_room_admits_the_waiting_person_when_one_leaves()
    {
        var room = await Site.RoomAsync(new { maxMembers = 1 });
        var anna = await Site.JoinAsync("Anna", room);
        var ben = await Site.BrowserAsync();
        await Site.OpenRoomAsync(ben, "Ben", room);
        await ben.ShowsBannerAsync("The room is full.");
        await ben.IsAccessibleAsync();
        await ben.SayAsync("Let me in");
        await anna.CloseAsync();
        await ben.ShowsMessagesAsync("Let me in");
    }
}
