using System.Net;
using System.Text.RegularExpressions;
using ChatServer.Contracts;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Admin;

public sealed partial class AdminPageTests(AdminCluster cluster) : IClassFixture<AdminCluster>
{
    /// <summary>Maximum size of the page's own files, uncompressed. Its other files belong to the chat app.</summary>
    private const int MaxBytes = 58 * 1024;

    [Fact]
    public async Task Page_is_public_HTML_that_is_revalidated_each_time()
    {
        using var response = await GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html; charset=utf-8", $"{response.Content.Headers.ContentType}");
        Assert.Equal("no-cache", $"{response.Headers.CacheControl}");

        using var revalidation = new HttpRequestMessage(HttpMethod.Get, "/");
        revalidation.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        using var unchanged = await cluster.Admin.Http.SendAsync(revalidation, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Fact]
    public async Task Page_policy_allows_its_own_scripts_and_connections_to_itself_and_the_rooms()
    {
        using var response = await GetAsync("/");
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("connect-src 'self' ws://localhost:2000;", policy, StringComparison.Ordinal);
        Assert.Contains(
            "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var html = await BodyAsync(response);
        Assert.DoesNotMatch(Inline(), html);
        Assert.DoesNotContain("{{", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_assets_exist_and_are_immutable()
    {
        using var page = await GetAsync("/");
        var files = new Queue<string>(Files().Matches(await BodyAsync(page)).Select(
            match => new Uri(page.RequestMessage!.RequestUri!, match.Groups[1].Value).AbsolutePath));
        var seen = new HashSet<string>();
        while (files.TryDequeue(out var file))
        {
            if (!seen.Add(file)) continue;
            using var response = await GetAsync(file);
            Assert.True(response.StatusCode == HttpStatusCode.OK, file);
            Assert.Equal("public, max-age=31536000, immutable", $"{response.Headers.CacheControl}");
            Assert.Equal(
                Path.GetExtension(file) switch { ".js" => "text/javascript", ".css" => "text/css", _ => "image/svg+xml" },
                response.Content.Headers.ContentType!.MediaType);
            foreach (var import in Imports().Matches(await BodyAsync(response)).Select(match => match.Groups[1].Value))
                files.Enqueue(new Uri(new Uri($"http://page{file}"), import).AbsolutePath);
        }
        // The files that it shares with the chat app.
        Assert.Contains(seen, file => file.EndsWith("/chat/chat-client.js", StringComparison.Ordinal));
        Assert.Contains(seen, file => file.EndsWith("/chat/theme.css", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/api/v1/")]
    [InlineData("/api/v1/load")]
    public async Task Page_does_not_expose_calls_without_the_key(string path)
    {
        using var response = await GetAsync(path);
        await response.IsProblemAsync(HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized);
    }

    [Fact]
    public async Task Missing_page_is_a_problem()
    {
        using var response = await GetAsync("/room/lobby");
        await response.IsProblemAsync(HttpStatusCode.NotFound, ErrorCodes.NotFound);
    }

    [Fact]
    public async Task Without_a_load_balancer_the_page_may_connect_to_the_ports_of_rooms()
    {
        await using var admin = await ServiceProcess.StartAsync(
            "ChatServer.Admin", "ADMIN_PORT", ("ADMIN_KEY", AdminCluster.Key), ("ConnectionStrings__redis", "127.0.0.1:1"));
        using var response = await admin.SendAsync(HttpMethod.Get, "/");
        Assert.Contains(
            "connect-src 'self' ws: wss:;", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Page_stays_below_its_maximum_size()
    {
        var files = Directory.GetFiles(Path.Combine(SourceTree.Root, "ChatServer.Admin", "wwwroot"), "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.InRange(files.Sum(file => new FileInfo(file).Length), 1, MaxBytes);
    }

    private Task<HttpResponseMessage> GetAsync(string path) => cluster.Admin.SendAsync(HttpMethod.Get, path);

    private static Task<string> BodyAsync(HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    [GeneratedRegex("(?:src|href)=\"(\\./app/[^\"]+)\"")]
    private static partial Regex Files();

    [GeneratedRegex(" from '(\\.[^']+)'")]
    private static partial Regex Imports();

    // Inline scripts, styles and handlers, which the policy forbids.
    [GeneratedRegex("<script>|<style|\\sstyle=|\\son[a-z]+=", RegexOptions.IgnoreCase)]
    private static partial Regex Inline();
}
