using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>What people do on a room's page, and what they see there.</summary>
internal static class Pages
{
    public static async Task SayAsync(this IPage page, string text)
    {
        await page.GetByLabel("Message", new() { Exact = true }).FillAsync(text);
        await page.Keyboard.PressAsync("Enter");
    }

    public static ILocator Button(this IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>Everything that is said, also what is on its way.</summary>
    public static ILocator Said(this IPage page) => page.Locator(".row .text");

    public static ILocator Pending(this IPage page) => page.Locator(".row.pending");

    public static async Task SeesAsync(this IPage page, params string[] texts)
    {
        await Assertions.Expect(page.Said()).ToHaveTextAsync(texts);
        await Assertions.Expect(page.Pending()).ToHaveCountAsync(0);
    }

    public static Task IsToldAsync(this IPage page, string words) => page.Locator("#banner").ShowsAsync(words);

    public static Task ShowsAsync(this ILocator locator, string text) =>
        Assertions.Expect(locator).ToContainTextAsync(text);

    /// <summary>Nothing is in the way of those who cannot see or point, as far as axe can tell.</summary>
    public static async Task IsAccessibleAsync(this IPage page)
    {
        var found = await page.RunAxe();
        Assert.Empty(found.Violations.Select(violation => $"{violation.Id}: {string.Join(" | ", violation.Nodes.Select(node => node.Html))}"));
    }
}
