using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>Writing a message, and how texts of any script are shown.</summary>
public sealed class ComposerTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    [Fact]
    public async Task Draft_survives_a_reload_and_is_gone_when_it_is_sent()
    {
        var anna = await Site.JoinAsync("Anna", await Site.RoomAsync());
        await Composer(anna).FillAsync("Half a\nthought");
        await anna.ReloadAsync();
        await Assertions.Expect(Composer(anna)).ToHaveValueAsync("Half a\nthought");
        await Composer(anna).PressAsync("Enter");
        await anna.ShowsMessagesAsync("Half a\nthought");
        await anna.ReloadAsync();
        await anna.ShowsMessagesAsync("Half a\nthought");
        await Assertions.Expect(Composer(anna)).ToHaveValueAsync("");
    }

    [Fact]
    public async Task Dialog_for_the_name_shows_the_assigned_name_and_can_be_cancelled_with_the_draft_kept()
    {
        var room = await Site.RoomAsync();
        await Site.JoinAsync("Anna", room);
        var second = await Site.JoinAsync("Anna", room);
        await Composer(second).FillAsync("A draft");
        await second.GetByRole(AriaRole.Button, new() { Name = "Change your name" }).ClickAsync();
        await Assertions.Expect(second.GetByLabel("Your name")).ToHaveValueAsync("Anna-2");
        await second.Button("Cancel").ClickAsync();
        await Assertions.Expect(second.Locator("#name-dialog")).ToBeHiddenAsync();

        await second.GetByRole(AriaRole.Button, new() { Name = "Change your name" }).ClickAsync();
        await second.GetByLabel("Your name").FillAsync("Ben");
        await second.Keyboard.PressAsync("Enter");
        await second.Locator("#me-name").ShowsAsync("Ben");
        await Assertions.Expect(Composer(second)).ToHaveValueAsync("A draft");
    }

    [Theory]
    [InlineData("isComposing: true")]
    [InlineData("keyCode: 229")]
    public async Task Enter_of_an_input_method_does_not_send(string key)
    {
        var anna = await Site.JoinAsync("Anna", await Site.RoomAsync());
        await Composer(anna).FillAsync("にほん");
        await Composer(anna).EvaluateAsync(
            $"text => text.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Enter', bubbles: true, cancelable: true, {key} }}))");
        await Assertions.Expect(Composer(anna)).ToHaveValueAsync("にほん");
        await Composer(anna).PressAsync("Enter");
        await anna.ShowsMessagesAsync("にほん");
    }

    [Fact]
    public async Task Text_of_stacked_marks_does_not_widen_the_page()
    {
        var anna = await Site.JoinAsync("Anna", await Site.RoomAsync());
        var text = "e" + string.Concat(Enumerable.Repeat("\u20dd\u0301", 1800));
        await anna.SayAsync(text);
        await anna.ShowsMessagesAsync(text);
        Assert.True(await anna.EvaluateAsync<bool>("""
            () => {
              const scroller = document.getElementById('scroller');
              scroller.scrollLeft = 10_000;
              return scroller.scrollLeft === 0 && document.documentElement.scrollWidth <= innerWidth;
            }
            """));
    }

    [Fact]
    public async Task Right_to_left_paragraph_is_aligned_right_beside_a_left_to_right_one()
    {
        var anna = await Site.JoinAsync("Anna", await Site.RoomAsync());
        var text = "שלום\nA paragraph from left to right";
        await anna.SayAsync(text);
        await anna.ShowsMessagesAsync(text);
        // Distances of the two lines to the edges of the bubble: the first touches the right one, the second the left one.
        Assert.True(await anna.Messages().First.EvaluateAsync<bool>("""
            span => {
              const range = document.createRange(), box = span.closest('.bubble').getBoundingClientRect(), node = span.firstChild;
              const rect = (from, to) => { range.setStart(node, from); range.setEnd(node, to); return range.getBoundingClientRect(); };
              const first = rect(0, 4), second = rect(5, node.length);
              return box.right - first.right < first.left - box.left && second.left - box.left < 20;
            }
            """));
    }

    [Fact]
    public async Task Time_of_an_announcement_is_inside_its_box()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        await Site.SendToAdminAsync(
            HttpMethod.Post, $"/api/v1/room/{room}/message", """{"text":"An announcement that ends near the right edge of the box"}""");
        await anna.Locator(".announcement").ShowsAsync("An announcement");
        Assert.True(await anna.Locator(".announcement").EvaluateAsync<bool>(
            "box => box.querySelector('time').getBoundingClientRect().bottom <= box.getBoundingClientRect().bottom"));
    }

    [Fact]
    public async Task Today_becomes_yesterday_at_midnight()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.BrowserAsync();
        await anna.Clock.InstallAsync();
        await Site.OpenRoomAsync(anna, "Anna", room);
        await anna.SayAsync("before midnight");
        await anna.ShowsMessagesAsync("before midnight");
        await anna.Locator(".day").ShowsAsync("Today");
        await anna.Clock.FastForwardAsync("24:00:00");
        await anna.Locator(".day").ShowsAsync("Yesterday");
    }

    [Fact]
    public async Task Invitation_pasted_on_the_page_of_the_room_is_taken()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        var token = await Site.TokenAsync(room, "Invited", "read", "write");
        await anna.EvaluateAsync("token => { location.hash = `#token=${token}`; }", token);
        await anna.Locator("#me-name").ShowsAsync("Invited");
        await Support.Eventually.Async(() => anna.Url, url => !url.Contains(token, StringComparison.Ordinal), ChatSite.Timeout);
    }

    [Fact]
    public async Task Loss_of_the_network_is_shown_at_once()
    {
        var anna = await Site.JoinAsync("Anna", await Site.RoomAsync());
        await anna.Context.SetOfflineAsync(true);
        await anna.ShowsBannerAsync("You are offline");
        await anna.Context.SetOfflineAsync(false);
        await Assertions.Expect(anna.Locator("#banner")).Not.ToContainTextAsync("You are offline");
    }

    [Fact]
    public async Task Member_list_after_more_than_100_members_shows_no_one_who_left()
    {
        IWebSocketRoute? connection = null;
        var room = await Site.RoomAsync();
        var anna = await Site.BrowserAsync();
        await anna.RouteWebSocketAsync(new Regex("/rooms/"), route =>
        {
            connection = route;
            route.ConnectToServer();
        });
        await Site.OpenRoomAsync(anna, "Anna", room);
        await anna.Locator("#member-count").ShowsAsync("here");
        var names = Enumerable.Range(1, 90).Select(n => $"Member {n}").ToArray();
        Present(91, joined: names);
        await Assertions.Expect(anna.Locator("#members li")).ToHaveCountAsync(91);
        // The list scrolls now, and can be reached by keyboard.
        await anna.IsAccessibleAsync();
        Present(300);
        await anna.Locator("#member-count").ShowsAsync("300 people here");

        Present(2);
        await Assertions.Expect(anna.Locator("#members li")).ToHaveCountAsync(1);
        await anna.Locator("#more-members").ShowsAsync("and 1 more");
        Present(2, members: ["Anna", "Zoe"]);
        await Assertions.Expect(anna.Locator("#members li")).ToHaveCountAsync(2);
        await anna.Locator("#members").ShowsAsync("Zoe");

        void Present(int count, string[]? joined = null, string[]? members = null) => connection!.Send(JsonSerializer.Serialize(
            new { type = "presence", count, joined = joined ?? [], left = Array.Empty<string>(), members }));
    }

    private static ILocator Composer(IPage page) => page.GetByLabel("Message", new() { Exact = true });
}
