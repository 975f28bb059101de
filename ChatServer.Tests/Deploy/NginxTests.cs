using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Deploy;

/// <summary>The shipped configuration of nginx in front of a deployment.</summary>
[Needs(OptionalProgram.Nginx)]
public sealed partial class NginxTests(NginxDeployment deployment) : IClassFixture<NginxDeployment>, IAsyncLifetime
{
    // What a client accepts, what it gets, and whether a request before it had the same variant.
    private static readonly (string Accepted, string Sent, bool IsCached)[] Encodings =
        [("br", "br", false), ("gzip", "gzip", false), ("deflate, gzip", "gzip", true), ("gzip, deflate, br, zstd", "br", true)];

    private NginxProcess Nginx => deployment.Nginx;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await deployment.EnsureStartedAsync(OptionalProgram.Require(OptionalProgram.Nginx));

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task Nginx_accepts_the_configuration_without_a_warning()
    {
        var (exitCode, output) = await Nginx.CheckAsync();

        Assert.True(exitCode == 0 && !output.Contains("[warn]", StringComparison.Ordinal), output);
    }

    [Fact]
    public async Task Members_continue_after_the_loss_of_a_load_balancer_and_a_reload_of_nginx()
    {
        using var http = Nginx.CreateClient();
        await CreateAsync(http, "lobby");
        const string session = "session=ann-0123456789abcdef&user=ann";
        await using var ann = await Nginx.JoinAsync("lobby", session, "127.0.0.2");
        await using var bob = await Nginx.JoinAsync("lobby", "session=bob-0123456789abcdef&user=bob", "127.0.0.3");
        await ann.SayAsync("one");
        await bob.NextAsync("message");

        // nginx spreads connections: each load balancer holds one of the two members.
        await deployment.LoadBalancers[0].Process.KillAsync();
        await Task.WhenAny(ann.ClosedAsync(), bob.ClosedAsync());
        var (lost, other) = ann.HasEnded ? (ann, bob) : (bob, ann);
        await other.SayAsync("two");
        var query = $"session={lost.Session}&user={lost.User}&since={lost.Since}";
        await using var back = await Nginx.JoinAsync("lobby", query, lost.User == "ann" ? "127.0.0.2" : "127.0.0.3");
        Assert.True(back.Welcome.Json.GetProperty("resumed").GetBoolean());
        Assert.Equal("two", (await back.NextAsync("message"))["text"]);
        foreach (var _ in Enumerable.Range(0, 10))
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/api/v1/", Cancellation)).StatusCode);

        await Nginx.ReloadAsync();
        await other.SayAsync("three");
        Assert.Equal("three", (await back.NextAsync("message"))["text"]);
        await using var eve = await Nginx.JoinAsync("lobby", "user=eve", "127.0.0.4");
        Assert.Equal(["one", "two", "three"], (await eve.NextAsync("message", 3)).Select(message => message["text"]));
    }

    // The RoomHost permits one member of a room from each address: if it saw the address of nginx, it would refuse the second.
    [Fact]
    public async Task Room_sees_the_address_of_the_client_which_a_header_cannot_change()
    {
        using var http = Nginx.CreateClient();
        await CreateAsync(http, "addresses");
        await using var first = await Nginx.JoinAsync("addresses", "", "127.0.0.5");
        await using var second = await Nginx.JoinAsync("addresses", "", "127.0.0.6");

        var error = await Assert.ThrowsAsync<WebSocketException>(() => Nginx.JoinAsync("addresses", "", "127.0.0.6"));

        Assert.Contains("429", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT", "/register/127.0.0.1%3A8080/4/0/1.0.0")]
    [InlineData("PUT", "/Register/127.0.0.1%3A8080/4/0/1.0.0")]
    [InlineData("PUT", "/%72egister/127.0.0.1%3A8080/4/0/1.0.0")]
    [InlineData("PUT", "//register/127.0.0.1%3A8080/4/0/1.0.0")]
    [InlineData("GET", "/servers")]
    [InlineData("GET", "/SERVERS/")]
    [InlineData("GET", "/metrics")]
    public async Task Calls_between_services_are_closed(string method, string path)
    {
        using var http = Nginx.CreateClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"https://{NginxProcess.ChatName}:{Nginx.Port}{path}");
        request.Headers.Add("X-API-Key", NginxDeployment.LoadBalancerKey);

        using var answer = await http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        // The page of nginx, not a problem of a service.
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Pages_use_HTTP_2_and_the_public_address_and_their_files_are_cached_in_each_encoding()
    {
        using var http = Nginx.CreateClient();
        await CreateAsync(http, "pages");
        using var page = await GetAsync(http, "/room/pages");
        Assert.Equal(HttpVersion.Version20, page.Version);
        Assert.Equal("max-age=31536000", page.Headers.GetValues("Strict-Transport-Security").Single());
        Assert.Contains(
            deployment.PublicUrl.Replace("https:", "wss:", StringComparison.Ordinal),
            page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        var room = await http.GetFromJsonAsync<JsonElement>("/api/v1/room/pages", Cancellation);
        Assert.Equal(
            $"wss://{NginxProcess.ChatName}:{Nginx.Port}/rooms/pages", room.GetProperty("data").GetProperty("url").GetString());

        var file = "/" + AppFile().Match(await page.Content.ReadAsStringAsync(Cancellation)).Value;
        foreach (var (accepted, sent, isCached) in Encodings)
        {
            using var answer = await GetAsync(http, file, accepted);
            Assert.Equal(sent, answer.Content.Headers.ContentEncoding.Single());
            Assert.Equal(isCached ? "HIT" : "MISS", answer.Headers.GetValues("X-Cache-Status").Single());
            Assert.Contains("immutable", $"{answer.Headers.CacheControl}", StringComparison.Ordinal);
        }
        using var api = await GetAsync(http, "/openapi/v1.json", "gzip");
        Assert.Equal("gzip", api.Content.Headers.ContentEncoding.Single());
    }

    [Fact]
    public async Task Plain_HTTP_is_redirected_to_HTTPS()
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{Nginx.PlainPort}/room/lobby?history=5");
        request.Headers.Host = NginxProcess.ChatName;

        using var answer = await http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.PermanentRedirect, answer.StatusCode);
        Assert.Equal($"https://{NginxProcess.ChatName}/room/lobby?history=5", $"{answer.Headers.Location}");
    }

    [Theory]
    [InlineData(null, false, HttpStatusCode.Unauthorized)]
    [InlineData("ann:wrong", false, HttpStatusCode.Unauthorized)]
    [InlineData(NginxProcess.Operator, false, HttpStatusCode.OK)]
    [InlineData(null, true, HttpStatusCode.OK)]
    public async Task Admin_requires_a_password_or_a_client_certificate(string? password, bool hasCertificate, HttpStatusCode expected)
    {
        using var http = Nginx.CreateClient("127.0.0.7", hasCertificate);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{NginxProcess.AdminName}:{Nginx.Port}/api/v1/load");
        request.Headers.Add("X-API-Key", NginxDeployment.AdminKey);
        if (password is not null)
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(password)));

        using var answer = await http.SendAsync(request, Cancellation);

        Assert.Equal(expected, answer.StatusCode);
    }

    private static async Task CreateAsync(HttpClient http, string room)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/room/{room}");
        request.Headers.Add("X-API-Key", NginxDeployment.Key);
        using var answer = await http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static Task<HttpResponseMessage> GetAsync(HttpClient http, string path, string? encoding = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if (encoding is not null) request.Headers.Add("Accept-Encoding", encoding);
        return http.SendAsync(request, Cancellation);
    }

    [GeneratedRegex("app/[0-9a-f]+/room\\.js")]
    private static partial Regex AppFile();
}
