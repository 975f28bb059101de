using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>Actions of users on the chat page, and assertions about its content.</summary>
internal static class Pages
{
    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    public static async Task SayAsync(this IPage page, string text)
    {
        await page.GetByLabel("Message", new() { Exact = true }).FillAsync(text);
        await page.Keyboard.PressAsync("Enter");
    }

    public static ILocator Button(this IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>All messages, including pending ones.</summary>
    public static ILocator Messages(this IPage page) => page.Locator(".row .text");

    public static ILocator Pending(this IPage page) => page.Locator(".row.pending");

    public static async Task ShowsMessagesAsync(this IPage page, params string[] texts)
    {
        await Assertions.Expect(page.Messages()).ToHaveTextAsync(texts);
        await Assertions.Expect(page.Pending()).ToHaveCountAsync(0);
    }

    public static Task ShowsBannerAsync(this IPage page, string words) => page.Locator("#banner").ShowsAsync(words);

    public static Task ShowsAsync(this ILocator locator, string text) =>
        Assertions.Expect(locator).ToContainTextAsync(text);

    /// <summary>axe finds no violation on the page.</summary>
    /// <remarks>
    /// Without the package for Playwright: it loads axe (0.5 MB) again for each check, and opens a page in a browser context of its own to
    /// join the results of frames. Our pages have no frames.
    /// </remarks>
    public static async Task IsAccessibleAsync(this IPage page)
    {
        Assert.Single(page.Frames);
        if (!await page.EvaluateAsync<bool>("() => 'axe' in window")) await page.EvaluateAsync(Axe);
        Assert.Empty(await page.EvaluateAsync<string[]>("""
            async () => {
              const { violations } = await axe.run(document, { resultTypes: ['violations'] });
              return violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' | ')}`);
            }
            """));
    }
}
