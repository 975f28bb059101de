using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>Tests that kill, pause or drain processes, or send to every room: they have a site of their own.</summary>
public sealed class DisturbanceTests(ChatSiteFixture fixture) : WebTests(fixture), IClassFixture<ChatSiteFixture>
{
    [Fact]
    public async Task Pending_messages_survive_a_reload_and_are_sent_once()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room);
        var ben = await Site.JoinAsync("Ben", room, Site.LoadBalancers[1]);
        await anna.SayAsync("before");
        await ben.ShowsMessagesAsync("before");
        await PausedAsync(async () =>
        {
            await anna.SayAsync("first");
            await anna.SayAsync("second");
            await Assertions.Expect(anna.Pending()).ToHaveCountAsync(2);
            await anna.ReloadAsync();
            await Assertions.Expect(anna.Pending().Locator(".text")).ToHaveTextAsync(["first", "second"]);
        });
        await anna.ShowsMessagesAsync("before", "first", "second");
        await ben.ShowsMessagesAsync("before", "first", "second");
    }

    [Fact]
    public async Task Death_of_a_load_balancer_loses_and_repeats_nothing()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room, Site.LoadBalancers[2]);
        var ben = await Site.JoinAsync("Ben", room, Site.LoadBalancers[0]);
        await anna.SayAsync("one");
        await ben.ShowsMessagesAsync("one");
        await Site.LoadBalancers[2].Process.KillAsync();
        await anna.SayAsync("two");
        await ben.SayAsync("three");
        await anna.ShowsBannerAsync("No messages were missed");
        await Assertions.Expect(anna.Messages()).ToHaveCountAsync(3);
        await Assertions.Expect(anna.Pending()).ToHaveCountAsync(0);
        Assert.Equal(["one", "three", "two"], (await anna.Messages().AllTextContentsAsync()).Order());
        Assert.Equal(["one", "three", "two"], (await ben.Messages().AllTextContentsAsync()).Order());
    }

    [Fact]
    public async Task Kill_of_a_RoomHost_under_load_loses_and_repeats_nothing()
    {
        var room = await Site.RoomAsync();
        var anna = await Site.JoinAsync("Anna", room, Site.LoadBalancers[0]);
        var ben = await Site.JoinAsync("Ben", room, Site.LoadBalancers[1]);
        await anna.SayAsync("one");
        await ben.ShowsMessagesAsync("one");
        await Task.WhenAll(Site.KillHostOfAsync(room), TalkAsync());
        foreach (var page in (IPage[])[anna, ben])
        {
            await Assertions.Expect(page.Messages()).ToHaveCountAsync(21);
            await Assertions.Expect(page.Pending()).ToHaveCountAsync(0);
            await Assertions.Expect(page.Locator("#banner")).ToHaveTextAsync(""); // it kept its connection
        }
        var said = await anna.Messages().AllTextContentsAsync();
        Assert.Equal(said, await ben.Messages().AllTextContentsAsync());
        Assert.Equal(
            Enumerable.Range(1, 10).Select(n => $"Anna {n}"), said.Where(text => text.StartsWith("Anna", StringComparison.Ordinal)));

        async Task TalkAsync()
        {
            for (var i = 1; i <= 10; i++)
            {
                await anna.SayAsync($"Anna {i}");
                await ben.SayAsync($"Ben {i}");
            }
        }
    }

    [Fact]
    public async Task Announcement_to_all_rooms_is_shown_in_each()
    {
        var anna = await Site.JoinAsync("Anna", await Site.RoomAsync(), Site.LoadBalancers[0]);
        var ben = await Site.JoinAsync("Ben", await Site.RoomAsync(), Site.LoadBalancers[1]);
        var page = await Site.OperatorAsync();
        await page.Button("Announce…").ClickAsync();
        await page.GetByLabel("Announcement").FillAsync("Maintenance at <b>noon</b>");
        await page.Button("Announce").ClickAsync();
        await page.Locator("#toast").ShowsAsync("Announced in");
        foreach (var member in (IPage[])[anna, ben])
            await member.Locator(".announcement .text").ShowsAsync("Maintenance at <b>noon</b>");
    }

    [Fact]
    public async Task Drained_host_gets_rooms_again_after_its_resumption()
    {
        var page = await Site.OperatorAsync();
        var host = page.Locator(".host").First;
        await host.Locator(".pill").ShowsAsync("Up");
        await host.GetByRole(AriaRole.Button).ClickAsync();
        await page.Button("Drain").ClickAsync();
        await host.Locator(".pill").ShowsAsync("Draining");
        await host.GetByRole(AriaRole.Button).ClickAsync();
        await host.Locator(".pill").ShowsAsync("Up");
    }

    // No host answers meanwhile: messages that are sent stay pending.
    private async Task PausedAsync(Func<Task> meanwhile)
    {
        foreach (var host in Site.RoomHosts) await host.Process.PauseAsync();
        try
        {
            await meanwhile();
        }
        finally
        {
            foreach (var host in Site.RoomHosts) host.Process.Resume();
        }
    }
}
