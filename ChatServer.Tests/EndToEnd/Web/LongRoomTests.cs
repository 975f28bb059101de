using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>A room with the longest possible history.</summary>
public sealed class LongRoomTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    private const int Count = 10_000;

    /// <summary>Maximum number of rows with a layout: the visible ones, and three chunks of 50 rows at the end.</summary>
    private const int MostLaidOut = 500;

    /// <summary>
    /// Longest allowed block of the page's thread, in ms. A busy machine needs some tenths of a second; a layout of all rows for each
    /// message takes minutes.
    /// </summary>
    private const int LongestTask = 10_000;

    // Scrolls in leaps. Records the duration of each leap, and the leaps after which no row was visible.
    private const string WalkDown = """
        async () => {
          const scroller = document.getElementById('scroller'), steps = [];
          let bare = 0;
          const frame = () => new Promise(requestAnimationFrame);
          scroller.scrollTop = 0;
          for (let last = -1; scroller.scrollTop > last;) {
            await frame();
            const began = performance.now(), { left, width, top, height } = scroller.getBoundingClientRect();
            const middle = [.3, .4, .5, .6, .7].map(share => document.elementFromPoint(left + width / 2, top + height * share));
            // A line above the first message marks the beginning of the room.
            if (scroller.scrollTop > 0 && !middle.some(element => element?.closest('.row'))) bare++;
            last = scroller.scrollTop;
            scroller.scrollTop += scroller.clientHeight * 20;
            await frame();
            steps.push(performance.now() - began);
          }
          return { bare, steps };
        }
        """;

    [Fact]
    public async Task Ten_thousand_messages_are_shown_once_each_and_do_not_block_the_page()
    {
        var room = await Site.RoomAsync(new { history = Count });
        var anna = await Site.BrowserAsync();
        await Site.TalkAsync(room, Count);
        var log = await Site.LogAsync(room);
        Assert.Equal(Count, log.Count);

        await anna.AddInitScriptAsync("""
            window.longest = 0;
            new PerformanceObserver(list => list.getEntries().forEach(task => longest = Math.max(longest, task.duration)))
              .observe({ type: 'longtask', buffered: true });
            """);
        await Site.OpenRoomAsync(anna, "Anna", room);
        await Assertions.Expect(anna.Messages()).ToHaveCountAsync(50);
        await Assertions.Expect(anna.Messages().Last).ToHaveTextAsync(log[^1]);
        await anna.Locator("#scroller").FocusAsync();
        await Support.Eventually.Async(
            async () =>
            {
                await anna.Keyboard.PressAsync("Home");
                return await anna.Messages().CountAsync();
            },
            count => count == Count, 3 * ChatSite.Timeout);
        Assert.Equal(log, await anna.Messages().AllTextContentsAsync());
        await anna.Locator("#history-start").ShowsAsync("This is the beginning of");

        // All rows are in the page, for searches and screen readers, and have no layout until they are near the visible part.
        Assert.InRange(await anna.EvaluateAsync<int>(
            "[...document.querySelectorAll('.row')].filter(row => row.checkVisibility({ contentVisibilityAuto: true })).length"),
            1, MostLaidOut);

        var walk = await anna.EvaluateAsync<Walk>(WalkDown);
        Assert.InRange(walk.Steps.Length, 20, Count); // a page of some 70,000 px and more
        Assert.Equal(0, walk.Bare);
        await Assertions.Expect(anna.Messages().Last).ToBeInViewportAsync();
        var longest = await anna.EvaluateAsync<double>("longest");
        Assert.InRange(longest, 0, LongestTask);
        Figures.Tell("A leap of twenty screens through 10,000 messages", walk.Steps);
        TestContext.Current.TestOutputHelper?.WriteLine($"The longest task of the page: {longest:F0} ms");

        // New messages are appended below them.
        await anna.SayAsync("and on");
        await Assertions.Expect(anna.Messages()).ToHaveCountAsync(Count + 1);
        await Assertions.Expect(anna.Messages().Last).ToHaveTextAsync("and on");
        await Assertions.Expect(anna.Messages().Last).ToBeInViewportAsync();
        await Assertions.Expect(anna.Pending()).ToHaveCountAsync(0);
        await anna.Context.CloseAsync();
    }

    private sealed record Walk
    {
        public int Bare { get; init; }

        public double[] Steps { get; init; } = [];
    }
}
