using ChatServer.Tests.Support;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>The pages behind a reverse proxy that serves them below a path of its own, and other things beside them.</summary>
public sealed class PathPrefixTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    [Fact]
    public async Task Chat_app_works_below_a_path()
    {
        await using var proxy = await PrefixProxy.StartAsync("/app", Site.LoadBalancers[0]);
        var room = await Site.RoomAsync();
        var page = await Site.BrowserAsync();
        var sockets = new List<string>();
        page.WebSocket += (_, socket) => sockets.Add(socket.Url);

        await page.GotoAsync($"{proxy.Address}/app/");
        await page.GetByLabel("Room", new() { Exact = true }).FillAsync(room);
        await page.Keyboard.PressAsync("Enter");
        await page.GetByLabel("Your name").FillAsync("Anna");
        await page.Keyboard.PressAsync("Enter");
        await page.SayAsync("below a path");
        await page.ShowsMessagesAsync("below a path");
        Assert.Equal($"{proxy.Address}/app/room/{room}", page.Url);
        var socket = new Uri(Assert.Single(sockets));
        Assert.Equal(
            ("ws", new Uri(proxy.Address).Authority, $"/app/rooms/{room}"), (socket.Scheme, socket.Authority, socket.AbsolutePath));

        await page.Locator("a.home").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = room }).ClickAsync();
        await page.ShowsMessagesAsync("below a path");
        await page.GotoAsync($"{proxy.Address}/app/room/{room}/");
        await page.ShowsMessagesAsync("below a path");
        // The answer of the Api, which the page asks when a room does not let it in.
        await page.GotoAsync($"{proxy.Address}/app/room/no-such-room");
        await page.GetByText("There is no room “no-such-room” yet.").WaitForAsync();
        await page.Locator("#notice-code").ShowsAsync($"{proxy.Address}/app/api/v1/room/no-such-room");
    }

    [Fact]
    public async Task Unknown_path_below_a_path_leads_to_the_chat_app()
    {
        await using var proxy = await PrefixProxy.StartAsync("/app", Site.LoadBalancers[0]);
        var page = await Site.BrowserAsync();
        await page.GotoAsync($"{proxy.Address}/app/no/such/page");
        await page.GetByText("Choose a room").ClickAsync();
        await page.GetByText("Join a chat room.").WaitForAsync();
        Assert.Equal($"{proxy.Address}/app/", page.Url);
    }

    [Theory]
    [InlineData("/app/docs")]
    [InlineData("/app/docs/")]
    public async Task Documentation_of_the_API_works_below_a_path(string path)
    {
        await using var proxy = await PrefixProxy.StartAsync("/app", Site.LoadBalancers[0]);
        var page = await Site.BrowserAsync();
        await page.GotoAsync(proxy.Address + path);
        await page.GetByText($"curl {proxy.Address}/app/api/v1").First.WaitForAsync();
    }

    [Fact]
    public async Task Admin_page_works_below_a_path()
    {
        await using var proxy = await PrefixProxy.StartAsync("/operator", Site.Admin);
        var page = await Site.BrowserAsync();
        await page.GotoAsync($"{proxy.Address}/operator/");
        await ChatSite.GiveKeyAsync(page);
    }
}
