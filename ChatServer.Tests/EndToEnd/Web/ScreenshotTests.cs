using System.Buffers.Binary;
using ChatServer.Tests.Architecture;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>
/// The pictures in the README. They are always taken, so they can be; <c>UPDATE_SCREENSHOTS=1</c> writes them to docs/images.
/// Times and figures are those of a scene, so that only what changed on the page changes a picture.
/// </summary>
public sealed class ScreenshotTests(ChatSiteFixture fixture) : WebTests(fixture)
{
    private static readonly bool Updates = Environment.GetEnvironmentVariable("UPDATE_SCREENSHOTS") == "1";

    /// <summary>Bytes: a page without anything on it is smaller, and a README should be read in a moment.</summary>
    private const int Least = 8_000, Most = 60_000;

    [Theory]
    [InlineData("chat-light", false, false)]
    [InlineData("chat-dark", true, false)]
    [InlineData("chat-phone", false, true)]
    public async Task People_plan_a_market(string picture, bool dark, bool narrow)
    {
        await using var scene = await MarketScene.PlayAsync(Site, dark, narrow);
        await TakeAsync(scene.Page, picture, scene.TypeAsync);
    }

    [Fact]
    public async Task An_operator_looks_on()
    {
        var page = await Site.BrowserAsync();
        await BusyServerScene.PlayAsync(page, ChatSite.AddressOf(Site.Admin));
        await TakeAsync(page, "admin", () => page.Locator("#health").ShowsAsync("Live"));
    }

    /// <param name="page">What is to be seen.</param>
    /// <param name="name">Of the picture, without its extension.</param>
    /// <param name="moment">Brings about what does not last.</param>
    private static async Task TakeAsync(IPage page, string name, Func<Task> moment)
    {
        await moment();
        var picture = await page.ScreenshotAsync(new() { Animations = ScreenshotAnimations.Disabled });
        var (width, height) = (BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(20)));
        Assert.Equal((page.ViewportSize!.Width, page.ViewportSize.Height), (width, height));
        var small = await AsWebPAsync(page.Context, picture);
        Assert.InRange(small.Length, Least, Most);
        if (!Updates) return;
        var folder = Directory.CreateDirectory(Path.Combine(SourceTree.Root, "docs", "images"));
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, $"{name}.webp"), small);
    }

    /// <summary>Half as large as PNG and the same to the eye. The browser can, and a page without a policy lets it.</summary>
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
