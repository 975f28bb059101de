using System.Buffers.Binary;
using ChatServer.Tests.Architecture;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>
/// The pictures in the README. The test always takes them, which shows that it is possible; <c>UPDATE_SCREENSHOTS=1</c> writes them to
/// docs/images. Times and figures come from a scene, so a picture changes only if the page changed.
/// </summary>
public sealed class ScreenshotTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    private static readonly bool Updates = Environment.GetEnvironmentVariable("UPDATE_SCREENSHOTS") == "1";

    /// <summary>Bounds in bytes: an empty page is smaller, and a README must load quickly.</summary>
    private const int Least = 8_000, Most = 60_000;

    [Theory]
    [InlineData("chat-light", false, false)]
    [InlineData("chat-dark", true, false)]
    [InlineData("chat-phone", false, true)]
    public async Task Chat_app_looks_complete_in_the_market_scene(string picture, bool dark, bool narrow)
    {
        await using var scene = await MarketScene.PlayAsync(Site, dark, narrow);
        await TakeAsync(scene.Page, picture, scene.TypeAsync);
    }

    [Fact]
    public async Task Admin_page_looks_complete_with_a_busy_server()
    {
        var page = await Site.BrowserAsync();
        await BusyServerScene.PlayAsync(page, ChatSite.AddressOf(Site.Admin));
        await TakeAsync(page, "admin", () => page.Locator("#health").ShowsAsync("Live"));
    }

    /// <param name="page">The page.</param>
    /// <param name="name">Name of the picture, without its extension.</param>
    /// <param name="moment">Produces the state to be shown, which does not last.</param>
    private static async Task TakeAsync(IPage page, string name, Func<Task> moment)
    {
        await moment();
        var picture = await page.ScreenshotAsync(new() { Animations = ScreenshotAnimations.Disabled });
        var width = BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16));
        var height = BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(20));
        Assert.Equal((page.ViewportSize!.Width, page.ViewportSize.Height), (width, height));
        var small = await AsWebPAsync(page.Context, picture);
        Assert.InRange(small.Length, Least, Most);
        if (!Updates) return;
        var folder = Directory.CreateDirectory(Path.Combine(SourceTree.Root, "docs", "images"));
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, $"{name}.webp"), small);
    }

    /// <summary>Converts to WebP, which is half as large as PNG. The browser does it, in a page without a content policy.</summary>
    private static async Task<byte[]> AsWebPAsync(IBrowserContext context, byte[] png)
    {
        var page = await context.NewPageAsync();
        var url = await page.EvaluateAsync<string>("""
            async png => {
              const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
              const canvas = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height });
              canvas.getContext('2d').drawImage(picture, 0, 0);
              return canvas.toDataURL('image/webp', .92);
            }
            """, Convert.ToBase64String(png));
        await page.CloseAsync();
        return Convert.FromBase64String(url.Split(',')[1]);
    }
}
