using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>People talk, and servers come and go under them.</summary>
public sealed class ConversationTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    [Fact]
    public async Task Two_people_talk_through_different_load_balancers()
    {
        var room = await Site.RoomAsync(new { title = "The lobby" });
        var anna = await Site.PersonAsync("Anna", room, Site.LoadBalancers[0]);
        var ben = await Site.PersonAsync("Ben", room, Site.LoadBalancers[1]);
        await anna.SayAsync("Hello");
        await ben.SeesAsync("Hello");
        await ben.SayAsync("Hello yourself,\nAnna");
        await anna.SeesAsync("Hello", "Hello yourself,\nAnna");
        await ben.SeesAsync("Hello", "Hello yourself,\nAnna");
        await anna.Locator("#title").ShowsAsync("The lobby");
        await Assertions.Expect(anna.Locator("#members li")).ToHaveCountAsync(2);
        await ben.GetByLabel("Message", new() { Exact = true }).PressSequentiallyAsync("I am");
        await anna.Locator("#typing").ShowsAsync("Ben is typing…");
    }

    [Fact]
    public async Task A_room_is_reached_from_the_Api_itself_too()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.PersonAsync("Anna", room, Site.Api);
        await anna.SayAsync("Straight");
        await anna.SeesAsync("Straight");
    }

    [Fact]
    public async Task The_past_is_read_by_scrolling_up_each_message_once_and_in_order()
    {
        const int Count = 700;
        var room = await Site.RoomAsync();
        var anna = await Site.PersonAsync("Anna", room);
        await Site.SayAsync(room, Count);
        await anna.ReloadAsync();
        await Assertions.Expect(anna.Said()).ToHaveCountAsync(50);
        Assert.Equal($"{Count}", await anna.Said().Last.TextContentAsync());
        await anna.Locator("#scroller").FocusAsync();
        await Support.Eventually.Async(
            async () => { await anna.Keyboard.PressAsync("Home"); return await anna.Said().CountAsync(); }, count => count == Count, ChatSite.Patient);
        Assert.Equal(Enumerable.Range(1, Count).Select(n => $"{n}"), await anna.Said().AllTextContentsAsync());
        await anna.Locator("#beginning").ShowsAsync("This is the beginning of");
        // The reading went over another connection; the conversation goes on over it.
        await anna.SayAsync("and on");
        await Assertions.Expect(anna.Said().Last).ToHaveTextAsync("and on");
        await Assertions.Expect(anna.Pending()).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_second_tab_takes_over_and_gives_back()
    {
        var room = await Site.RoomAsync();
        var first = await Site.PersonAsync("Anna", room);
        var second = await first.Context.NewPageAsync();
        await second.GotoAsync(first.Url);
        await first.Locator("#notice").ShowsAsync("You are here in another tab.");
        await first.GetByRole(AriaRole.Button, new() { Name = "Use it here" }).ClickAsync();
        await second.Locator("#notice").ShowsAsync("You are here in another tab.");
        await first.SayAsync("Still one person");
        await first.SeesAsync("Still one person");
        await first.Locator("#count").ShowsAsync("Only you are here");
    }

    [Fact]
    public async Task A_room_that_is_not_there_says_how_it_is_made_and_opens_when_it_is()
    {
        var page = await Site.BrowserAsync();
        var room = $"later-{Guid.NewGuid():N}"[..16];
        await Site.EnterAsync(page, "Anna", room, Site.LoadBalancers[1]);
        await page.Locator("#notice").ShowsAsync($"There is no room “{room}” yet.");
        await page.Locator("#notice").ShowsAsync($"curl -X POST {ChatSite.AddressOf(Site.LoadBalancers[1])}/api/v1/room/{room}");
        await page.IsAccessibleAsync();
        await Site.MakeAsync(room);
        await page.Locator("#count").ShowsAsync("Only you are here");
        await page.SayAsync("Here at last");
        await page.SeesAsync("Here at last");
    }

    [Fact]
    public async Task Operators_are_heard_and_a_closed_room_says_so()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.PersonAsync("Anna", room);
        await Site.OperateAsync(HttpMethod.Post, $"/api/v1/room/{room}/message", """{"text":"Maintenance at noon"}""");
        await anna.Locator(".announcement").ShowsAsync("Maintenance at noon");
        await Site.OperateAsync(HttpMethod.Delete, $"/api/v1/room/{room}/shutdown");
        await anna.Locator("#notice").ShowsAsync("This room was closed.");
        await Assertions.Expect(anna.Locator(".announcement")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Full_room_admits_the_waiting_person_when_one_leaves()
    {
        var room = await Site.RoomAsync(new { maxMembers = 1 });
        var anna = await Site.PersonAsync("Anna", room);
        var ben = await Site.BrowserAsync();
        await Site.EnterAsync(ben, "Ben", room);
        await ben.IsToldAsync("The room is full.");
        await ben.IsAccessibleAsync();
        await ben.SayAsync("Let me in");
        await anna.CloseAsync();
        await ben.SeesAsync("Let me in");
    }
}
