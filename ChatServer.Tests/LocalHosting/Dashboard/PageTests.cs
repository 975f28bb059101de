using System.Net;
using System.Text.RegularExpressions;
using ChatServer.Tests.Architecture;

namespace ChatServer.Tests.LocalHosting.Dashboard;

public sealed partial class PageTests(DashboardApp app) : IClassFixture<DashboardApp>
{
    private static readonly string Folder = Path.Combine(SourceTree.Root, "ChatServer.LocalHosting/Dashboard/Page");

    public static TheoryData<string> Files => new(Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)));

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Every_file_of_the_page_is_served_as_what_it_is(string file)
    {
        using var answer = await app.Http.GetAsync($"/{file}", Ct);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Folder, file), Ct), await answer.Content.ReadAsStringAsync(Ct));
        Assert.Equal(
            Path.GetExtension(file) switch { ".html" => "text/html", ".css" => "text/css", ".js" => "text/javascript", ".svg" => "image/svg+xml", _ => "none" },
            answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/app.js")]
    [InlineData("/api/resources")]
    [InlineData("/nothing")]
    public async Task Every_answer_keeps_the_browser_to_the_pages_own_files(string path)
    {
        using var answer = await app.Http.GetAsync(path, Ct);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal(["nosniff"], answer.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["no-referrer"], answer.Headers.GetValues("Referrer-Policy"));
        Assert.True(answer.Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task The_page_asks_for_no_file_that_is_not_there()
    {
        var named = Directory.GetFiles(Folder).SelectMany(file => References().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups["file"].Value).Distinct().ToArray();
        Assert.Contains("app.js", named);
        Assert.Contains("log.js", named);
        foreach (var file in named)
        {
            using var answer = await app.Http.GetAsync($"/{file}", Ct);
            Assert.True(answer.IsSuccessStatusCode, file);
        }
    }

    // The policy would stop both; here it is found before a browser is.
    [Fact]
    public void Nothing_in_the_page_becomes_markup_or_comes_from_elsewhere() => Assert.Empty(
        from file in Directory.GetFiles(Folder)
        from line in File.ReadAllLines(file)
        where Forbidden().IsMatch(line.Replace("http://www.w3.org/", "", StringComparison.Ordinal))
        select $"{Path.GetFileName(file)}: {line.Trim()}");

    [GeneratedRegex("""(?:from '\./|(?:href|src)=")(?<file>[\w.-]+)['"]""")]
    private static partial Regex References();

    [GeneratedRegex("""innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|\bon\w+="|\bstyle="|https?://\w|@import|url\(""")]
    private static partial Regex Forbidden();
}
