using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>Time from opening a room's address until the composer is usable. The figures are in docs/performance.md.</summary>
public sealed class SpeedTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    /// <summary>A room that is measured instead of one of ours, such as <c>http://localhost:2000/room/lobby</c> of an AppHost.</summary>
    private static readonly string? Elsewhere = Environment.GetEnvironmentVariable("CHAT_ROOM");

    /// <summary>Number of runs; few if only the bound is checked.</summary>
    private static readonly int Runs = Elsewhere is null ? 5 : 25;

    /// <summary>Upper bound in ms. Other tests may use the machine; the test must detect a page that waits for something.</summary>
    private const double Bound = 10_000;

    [Fact]
    public async Task Room_page_is_writable_quickly()
    {
        var address = Elsewhere ?? $"{ChatSite.AddressOf(Site.LoadBalancers[0])}/room/{await Site.RoomAsync()}";
        var (nothing, cached) = (new Visits("nothing cached"), new Visits("files cached"));
        for (var i = 0; i < Runs; i++)
        {
            var page = await Site.BrowserAsync(name: "Anna", origin: new Uri(address).GetLeftPart(UriPartial.Authority));
            await nothing.AddAsync(page, address);
            await cached.AddAsync(page, address);
            await page.Context.CloseAsync();
        }
        Assert.InRange(nothing.Tell(), 0, Bound);
        Assert.InRange(cached.Tell(), 0, Bound);
    }

    private sealed class Visits(string kind)
    {
        private readonly List<double> _composer = [], _joined = [];

        public async Task AddAsync(IPage page, string address)
        {
            await page.GotoAsync(address);
            await page.Locator("#member-count").ShowsAsync("here");
            await Assertions.Expect(page.GetByLabel("Message", new() { Exact = true })).ToBeFocusedAsync();
            _composer.Add(await At("composer"));
            _joined.Add(await At("joined"));

            Task<double> At(string mark) => page.EvaluateAsync<double>("mark => performance.getEntriesByName(mark)[0].startTime", mark);
        }

        /// <summary>Returns the median time to the composer, in ms.</summary>
        public double Tell()
        {
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"From navigation, {kind}; the first time took {_composer[0]:F0} ms to the composer");
            Figures.Tell("  until the composer is usable", _composer);
            Figures.Tell("  until the member has joined", _joined);
            return Figures.Median(_composer);
        }
    }
}
