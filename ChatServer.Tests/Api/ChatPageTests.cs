using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using ChatServer.Tests.Architecture;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

public sealed partial class ChatPageTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    /// <summary>Maximum size of the app, uncompressed.</summary>
    private const int MaxBytes = 72 * 1024;

    [Theory]
    [InlineData("/")]
    [InlineData("/room")]
    [InlineData("/room/")]
    [InlineData("/room/lobby")]
    [InlineData("/room/a~room.of-66_letters")]
    public async Task Page_is_HTML_that_is_revalidated_each_time(string path)
    {
        using var response = await GetAsync(path);
        Assert.Equal("text/html; charset=utf-8", $"{response.Content.Headers.ContentType}");
        Assert.Equal("no-cache", $"{response.Headers.CacheControl}");
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());

        using var revalidation = new HttpRequestMessage(HttpMethod.Get, path);
        revalidation.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        using var unchanged = await cluster.Api.Http.SendAsync(revalidation, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/nowhere", "text/html", true)]
    [InlineData("GET", "/rooms-of/nobody", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", true)]
    [InlineData("GET", "/nowhere", "application/json", false)]
    [InlineData("GET", "/nowhere", null, false)]
    [InlineData("GET", "/api/v1/nowhere", "text/html", false)]
    [InlineData("POST", "/nowhere", "text/html", false)]
    public async Task Unknown_path_is_a_page_for_a_browser_and_a_problem_for_a_script(
        string method, string path, string? accept, bool isPage)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (accept is not null) request.Headers.Add("Accept", accept);
        using var response = await cluster.Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(isPage ? "text/html" : "application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(isPage, response.Headers.Contains("Content-Security-Policy"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/room/lobby")]
    public async Task Page_policy_allows_only_its_own_scripts(string path)
    {
        using var response = await GetAsync(path);
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("require-trusted-types-for 'script'; trusted-types 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        var html = await BodyAsync(response);
        Assert.DoesNotMatch(Inline(), html);
        Assert.DoesNotContain("{{", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Room_page_may_connect_only_to_the_configured_load_balancers()
    {
        var api = await cluster.StartApiAsync(("LOADBALANCERS", "http://one:2000,https://two.example.com"), ("LOADBALANCER_KEY", "key"));
        using var response = await api.SendAsync(HttpMethod.Get, "/room/lobby");
        Assert.Contains(
            "connect-src 'self' ws://one:2000 wss://two.example.com;",
            response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains(
            "content=\"ws://one:2000/rooms/ wss://two.example.com/rooms/\"", await BodyAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Room_page_and_description_lead_to_the_public_address_instead_of_the_load_balancers()
    {
        var api = await cluster.StartApiAsync(
            ("LOADBALANCERS", "http://one:2000,http://two:2000"), ("LOADBALANCER_KEY", "key"), ("PUBLIC_URL", "https://example.com/chat/"));
        using var response = await api.SendAsync(HttpMethod.Get, "/room/lobby");
        Assert.Contains(
            "connect-src 'self' wss://example.com;", response.Headers.GetValues("Content-Security-Policy").Single(),
            StringComparison.Ordinal);
        Assert.Contains("content=\"wss://example.com/chat/rooms/\"", await BodyAsync(response), StringComparison.Ordinal);
        await cluster.CreateAsync("public");
        Assert.Equal(
            "wss://example.com/chat/rooms/public", (await api.GetDataAsync("/api/v1/room/public")).GetProperty("url").GetString());
    }

    [Fact]
    public async Task Room_page_tries_the_load_balancer_that_served_it_first()
    {
        var api = await cluster.StartApiAsync(("LOADBALANCERS", "http://one:2000"), ("LOADBALANCER_KEY", "key"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/room/lobby") { Headers = { { "X-Forwarded-For", "192.0.2.1" } } };
        using var response = await api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Contains("content=\"../rooms/ ws://one:2000/rooms/\"", await BodyAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_assets_are_immutable_and_named_by_content_hash()
    {
        using var page = await GetAsync("/room/lobby");
        var files = FilesOf(page, await BodyAsync(page)).ToList();
        Assert.Contains(files, file => file.EndsWith("/room.js", StringComparison.Ordinal));
        foreach (var file in files)
        {
            using var response = await GetAsync(file);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("public, max-age=31536000, immutable", $"{response.Headers.CacheControl}");
            Assert.Contains(
                $"{response.Content.Headers.ContentType}",
                (string[])["text/javascript; charset=utf-8", "text/css; charset=utf-8", "image/svg+xml; charset=utf-8"]);
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/room/lobby")]
    public async Task Page_preloads_every_module(string path)
    {
        using var page = await GetAsync(path);
        var html = await BodyAsync(page);
        var named = FilesOf(page, html)
            .Where(file => file.EndsWith(".js", StringComparison.Ordinal)).ToHashSet();
        Assert.Contains("rel=\"modulepreload\"", html, StringComparison.Ordinal);
        foreach (var file in named)
        {
            using var response = await GetAsync(file);
            var imports = Imports().Matches(await BodyAsync(response)).Select(
                match => new Uri(new Uri($"http://page{file}"), match.Groups[1].Value).AbsolutePath);
            Assert.Subset(named, imports.ToHashSet());
        }
    }

    [Fact]
    public async Task File_of_another_version_is_served_without_immutable_caching()
    {
        using var response = await GetAsync("/app/0123456789abcdef/room.js");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("no-cache", $"{response.Headers.CacheControl}");
    }

    [Fact]
    public async Task Missing_file_is_a_problem()
    {
        using var response = await GetAsync("/app/0123456789abcdef/../../appsettings.json");
        await response.IsProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Other_origins_may_load_the_client()
    {
        using var response = await GetAsync("/chat-client.js");
        Assert.Equal("*", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("export class ChatClient", await BodyAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_is_compressed_if_the_client_accepts_it()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/chat-client.js");
        request.Headers.AcceptEncoding.Add(StringWithQualityHeaderValue.Parse("br"));
        using var compressed = await cluster.Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        using var plain = await GetAsync("/chat-client.js");
        Assert.Equal("br", compressed.Content.Headers.ContentEncoding.Single());
        Assert.NotEqual(plain.Headers.ETag, compressed.Headers.ETag);
        var bytes = await compressed.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.InRange(bytes.Length, 1, plain.Content.Headers.ContentLength!.Value / 2);
    }

    [Fact]
    public void App_stays_below_its_maximum_size()
    {
        var files = Directory.GetFiles(Path.Combine(SourceTree.Root, "ChatServer.Api", "wwwroot"), "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.InRange(files.Sum(file => new FileInfo(file).Length), 1, MaxBytes);
    }

    private Task<HttpResponseMessage> GetAsync(string path) => cluster.Api.SendAsync(HttpMethod.Get, path);

    private static IEnumerable<string> FilesOf(HttpResponseMessage page, string html) =>
        Files().Matches(html).Select(match => new Uri(page.RequestMessage!.RequestUri!, match.Groups[1].Value).AbsolutePath);

    private static Task<string> BodyAsync(HttpResponseMessage response) =>
        response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

    [GeneratedRegex("(?:src|href)=\"([./]+app/[^\"]+)\"")]
    private static partial Regex Files();

    [GeneratedRegex("^(?:import|export) .* from '(\\.[^']+)'", RegexOptions.Multiline)]
    private static partial Regex Imports();

    // Inline scripts, styles and handlers, which the policy forbids.
    [GeneratedRegex("<script>|<style|\\sstyle=|\\son[a-z]+=", RegexOptions.IgnoreCase)]
    private static partial Regex Inline();
}
