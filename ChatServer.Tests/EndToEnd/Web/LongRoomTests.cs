using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>A room with all the history that a room can have.</summary>
public sealed class LongRoomTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    private const int Count = 10_000;

    /// <summary>Rows that may be laid out: what is in sight and three chunks at the end, of 50 rows each.</summary>
    private const int MostLaidOut = 500;

    /// <summary>What may hold up the page at once, in ms: a machine that does much else needs some tenths of a second; layout of everything for each message, minutes.</summary>
    private const int LongestTask = 10_000;

    // As a hurried reader does it: a leap, and what the browser then makes of it. Tells how long each took, and where nothing was in sight.
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
            // Above the first message stands where the room begins.
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
    public async Task Ten_thousand_messages_are_all_there_once_each_and_do_not_hold_up_the_page()
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
        await Site.EnterAsync(anna, "Anna", room);
        await Assertions.Expect(anna.Said()).ToHaveCountAsync(50);
        await Assertions.Expect(anna.Said().Last).ToHaveTextAsync(log[^1]);
        await anna.Locator("#scroller").FocusAsync();
        await Support.Eventually.Async(
            async () => { await anna.Keyboard.PressAsync("Home"); return await anna.Said().CountAsync(); }, count => count == Count, 3 * ChatSite.Patient);
        Assert.Equal(log, await anna.Said().AllTextContentsAsync());
        await anna.Locator("#beginning").ShowsAsync("This is the beginning of");

        // They are in the page, to be searched and read out, and cost no layout until they come near.
        Assert.InRange(await anna.EvaluateAsync<int>(
            "[...document.querySelectorAll('.row')].filter(row => row.checkVisibility({ contentVisibilityAuto: true })).length"), 1, MostLaidOut);

        var walk = await anna.EvaluateAsync<Walk>(WalkDown);
        Assert.InRange(walk.Steps.Length, 20, Count); // a page of some 70,000 px and more
        Assert.Equal(0, walk.Bare);
        await Assertions.Expect(anna.Said().Last).ToBeInViewportAsync();
        var longest = await anna.EvaluateAsync<double>("longest");
        Assert.InRange(longest, 0, LongestTask);
        Figures.Tell("A leap of twenty screens through 10,000 messages", walk.Steps);
        TestContext.Current.TestOutputHelper?.WriteLine($"The longest task of the page: {longest:F0} ms");

        // The conversation goes on below them.
        await anna.SayAsync("and on");
        await Assertions.Expect(anna.Said()).ToHaveCountAsync(Count + 1);
        await Assertions.Expect(anna.Said().Last).ToHaveTextAsync("and on");
        await Assertions.Expect(anna.Said().Last).ToBeInViewportAsync();
        await Assertions.Expect(anna.Pending()).ToHaveCountAsync(0);
        await anna.Context.CloseAsync();
    }

    private sealed record Walk
    {
        public int Bare { get; init; }

        public double[] Steps { get; init; } = [];
    }
}
