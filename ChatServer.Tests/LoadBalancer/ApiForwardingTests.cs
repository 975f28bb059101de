using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>Forwarding to Apis. It needs no Redis.</summary>
public sealed class ApiForwardingTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private RunningLoadBalancer _lb = null!;
    private FakeApi _api = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lb = await RunningLoadBalancer.StartAsync($"127.0.0.1:{FreePort.Next()}", _time);
        _api = await FakeApi.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _lb.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/docs")]
    [InlineData("GET", "/scalar/scalar.js?v=1")]
    [InlineData("GET", "/openapi/v1.json")]
    [InlineData("GET", "/room/lobby")]
    [InlineData("GET", "/api/v1/rooms?after=a%20b&limit=3")]
    [InlineData("POST", "/api/v1/room/lobby")]
    [InlineData("DELETE", "/api/v1/room/lobby")]
    public async Task Other_requests_are_forwarded_to_an_api_unchanged(string method, string target)
    {
        await _lb.RegisterAsync(_api);
        await WaitUntilRoutedAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), target);
        request.Headers.Add("X-API-Key", "of-the-caller");
        if (method == "POST") request.Content = new StringContent("{\"title\":\"Lobby\"}", Encoding.UTF8, "application/json");

        using var answer = await _lb.Http.SendAsync(request, Ct);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal($"{method} {Uri.UnescapeDataString(target)} {(method == "POST" ? "{\"title\":\"Lobby\"}" : "")}",
            Uri.UnescapeDataString(await answer.Content.ReadAsStringAsync(Ct)));
        Assert.Equal("of-the-caller", _api.Requests.Last().Headers["X-API-Key"]);
    }

    [Fact]
    public async Task Call_without_an_api_gets_retry_after()
    {
        using var answer = await _lb.Http.GetAsync("/api/v1/", Ct);

        await answer.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "no-api");
        Assert.NotNull(answer.Headers.RetryAfter?.Delta);
    }

    [Fact]
    public async Task Dead_api_fails_no_call_and_receives_calls_again_after_its_restart()
    {
        await _lb.RegisterAsync(_api);
        var port = FreePort.Next();
        (await _lb.RegisterAsync($"127.0.0.1:{port}")).EnsureSuccessStatusCode();
        await WaitUntilRoutedAsync();

        for (var i = 0; i < 50; i++)
        {
            using var answer = await _lb.Http.PostAsync("/api/v1/room/x", new StringContent($"body {i}"), Ct);
            Assert.Equal($"POST /api/v1/room/x body {i}", await answer.Content.ReadAsStringAsync(Ct));
        }

        await using var back = await FakeApi.StartAsync(port);
        await Eventually.Async(async () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(200));
            await _lb.RegisterAsync(_api);
            await _lb.RegisterAsync(back);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _lb.Http.GetAsync("/api/v1/", Ct)));
            return !back.Requests.IsEmpty;
        }, called => called);
    }

    [Fact]
    public async Task Calls_get_retry_after_until_a_registered_api_is_reachable_again()
    {
        var port = FreePort.Next();
        (await _lb.RegisterAsync($"127.0.0.1:{port}")).EnsureSuccessStatusCode();
        await Eventually.Async(async () =>
        {
            using var answer = await _lb.Http.PostAsync("/api/v1/room/x", new StringContent("body"), Ct);
            await answer.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "no-api");
            return true;
        }, done => done);

        await using var back = await FakeApi.StartAsync(port);
        using var served = await _lb.Http.PostAsync("/api/v1/room/x", new StringContent("body"), Ct);

        Assert.Equal("POST /api/v1/room/x body", await served.Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task Creation_that_an_api_may_have_executed_is_not_repeated()
    {
        await using var other = await FakeApi.StartAsync();
        await _lb.RegisterAsync(_api);
        await _lb.RegisterAsync(other);
        await WaitUntilRoutedAsync();
        _api.Requests.Clear();
        other.Requests.Clear();

        using var answer = await _lb.Http.PostAsync("/api/v1/room/x?die", new StringContent("body"), Ct);

        await answer.IsProblemAsync(HttpStatusCode.BadGateway, "unavailable");
        Assert.Single(_api.Requests.Concat(other.Requests));
    }

    [Fact]
    public async Task Read_interrupted_by_an_api_crash_is_retried_on_another()
    {
        await using var other = await FakeApi.StartAsync();
        await _lb.RegisterAsync(_api);
        await _lb.RegisterAsync(other);
        await WaitUntilRoutedAsync();
        _api.Requests.Clear();
        other.Requests.Clear();

        using var answer = await _lb.Http.GetAsync("/api/v1/?die", Ct);

        await answer.IsProblemAsync(HttpStatusCode.ServiceUnavailable, "no-api"); // both Apis fail, each once
        Assert.NotEmpty(_api.Requests);
        Assert.NotEmpty(other.Requests);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Body_over_one_mebibyte_is_too_large(bool chunked)
    {
        await _lb.RegisterAsync(_api);
        await WaitUntilRoutedAsync();
        // The limit includes the headers of chunks: exactly one mebibyte in chunks exceeds it.
        using var fits = await PostAsync(1024 * 1024 - 1024, chunked);
        using var tooLarge = await PostAsync(1024 * 1024 + 1, chunked);

        Assert.Equal(HttpStatusCode.Accepted, fits.StatusCode);
        await tooLarge.IsProblemAsync(HttpStatusCode.RequestEntityTooLarge, "payload-too-large");
        using var next = await _lb.Http.GetAsync("/api/v1/", Ct);
        Assert.Equal(HttpStatusCode.Accepted, next.StatusCode); // the mistake of the caller does not mark the Api as unhealthy
    }

    private async Task<HttpResponseMessage> PostAsync(int bytes, bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/room/x") { Content = new ByteArrayContent(new byte[bytes]) };
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await _lb.Http.SendAsync(request, Ct);
    }

    /// <summary>Waits until YARP forwards to an Api: it applies a new configuration a moment after the heartbeat.</summary>
    private async Task WaitUntilRoutedAsync() =>
        await Eventually.Async(async () => (await _lb.Http.GetAsync("/", Ct)).StatusCode, status => status == HttpStatusCode.Accepted);
}
