using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Api;

/// <summary>Requests that HTTP allows, or that no client should send, on the Api's own port.</summary>
public sealed class HttpTests(ApiCluster cluster) : IClassFixture<ApiCluster>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("application/json; charset=\"utf-8\"")]
    [InlineData("application/json; charset=\"UTF-8\"")]
    [InlineData("application/json;charset=utf-8")]
    public async Task UTF_8_body_is_read_however_its_charset_is_written(string contentType)
    {
        using var response = await PostAsync($"/api/v1/room/charset-{Guid.NewGuid():N}", contentType, """{"title":"é"}""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=latin1")]
    [InlineData("application/json; charset=\"nonsense\"")]
    [InlineData("text/plain; charset=utf-8")]
    public async Task Body_of_another_charset_or_type_is_415_and_creates_nothing(string contentType)
    {
        using (var response = await PostAsync("/api/v1/room/not-created", contentType, "{}"))
            await response.IsProblemAsync(HttpStatusCode.UnsupportedMediaType, "unsupported-media-type");
        Assert.Null(await cluster.Backplane.Rooms.FindAsync("not-created", Ct));
    }

    [Fact]
    public async Task Body_of_another_charset_without_a_key_is_401()
    {
        using var response = await PostAsync("/api/v1/room/not-created", "application/json; charset=utf-16", "{}", key: "wrong");
        await response.IsProblemAsync(HttpStatusCode.Unauthorized, "unauthorized");
    }

    [Fact]
    public async Task Chunked_body_without_content_is_no_body()
    {
        var answer = await RawHttp.ExchangeAsync(Port, Request(
            "POST /api/v1/room/empty-chunks", $"X-API-Key: {ApiCluster.Key}", "Transfer-Encoding: chunked") + "0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.NotNull(await cluster.Backplane.Rooms.FindAsync("empty-chunks", Ct));
    }

    [Fact]
    public async Task HEAD_has_the_status_and_headers_of_GET_and_no_body()
    {
        await cluster.CreateAsync("headed");
        var paths = (await cluster.Api.Http.GetStringAsync("/openapi/v1.json", Ct)).ParsePathsOf("get")
            .Select(path => path.Replace("{name}", "headed", StringComparison.Ordinal));
        foreach (var path in (string[])["/", "/room/headed", "/docs", "/openapi/v1.json", "/nowhere", "/health", .. paths])
        {
            using var get = await cluster.Api.SendAsync(HttpMethod.Get, path, ApiCluster.Key);
            using var head = await cluster.Api.SendAsync(HttpMethod.Head, path, ApiCluster.Key);
            Assert.Equal((path, get.StatusCode), (path, head.StatusCode));
            Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync(Ct));
        }
    }

    [Fact]
    public async Task Allow_of_a_405_contains_HEAD_wherever_it_contains_GET()
    {
        using var response = await cluster.Api.SendAsync(HttpMethod.Delete, "/api/v1/rooms", ApiCluster.Key);
        await response.IsProblemAsync(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
        using var head = await cluster.Api.SendAsync(HttpMethod.Head, "/api/v1/room/any/message", ApiCluster.Key);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, head.StatusCode);
        Assert.Equal(["POST"], head.Content.Headers.Allow);
    }

    [Fact]
    public async Task CONNECT_is_405() => AssertProblem(
        await RawHttp.ExchangeAsync(Port, "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\nConnection: close\r\n\r\n"),
        405, "method-not-allowed");

    [Fact]
    public async Task Too_long_path_is_414_with_a_problem() => AssertProblem(
        await RawHttp.ExchangeAsync(Port, Request($"GET /api/v1/room/{new string('a', 9000)}")), 414, "uri-too-long");

    [Theory]
    [InlineData(1, 40_000)]
    [InlineData(120, 1)]
    public async Task Too_many_or_too_large_headers_are_431_with_a_problem(int count, int length) => AssertProblem(
        await RawHttp.ExchangeAsync(Port, Request("GET /api/v1/", [.. Enumerable.Repeat($"X: {new string('x', length)}", count)])),
        431, "headers-too-large");

    [Fact]
    public async Task Too_large_body_is_413_with_a_problem() => AssertProblem(
        await RawHttp.ExchangeAsync(Port, Request(
            "POST /api/v1/room/large", $"X-API-Key: {ApiCluster.Key}", "Content-Type: application/json", "Content-Length: 70000")),
        413, "payload-too-large");

    [Theory]
    [InlineData("Content-Length: 70000", "", "")]
    [InlineData("Transfer-Encoding: chunked", "11170\r\n", "\r\n0\r\n\r\n")] // 70,000 in hexadecimal
    public async Task Refused_body_is_discarded_and_the_connection_stays_usable(string framing, string before, string after)
    {
        var refused = "POST /api/v1/room/large HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + $"X-API-Key: {ApiCluster.Key}\r\n{framing}\r\n\r\n{before}{new string(' ', 70_000)}{after}";
        var answers = await RawHttp.ExchangeAsync(Port, refused + Request("GET /api/v1/"));
        Assert.StartsWith("HTTP/1.1 413 ", answers, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"payload-too-large\"", answers, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 200 ", answers, StringComparison.Ordinal);
        Assert.Null(await cluster.Backplane.Rooms.FindAsync("large", Ct));
    }

    [Theory]
    [InlineData("name=Jos\xc3\xa9")]
    [InlineData("name=Jos\xe9")]
    public async Task Cookie_of_another_application_may_have_any_encoding(string cookie) => Assert.StartsWith(
        "HTTP/1.1 200 ", await RawHttp.ExchangeAsync(Port, Request("GET /api/v1/", $"Cookie: {cookie}")), StringComparison.Ordinal);

    [Theory]
    [InlineData("xn--")]
    [InlineData("[::1")]
    public async Task Malformed_host_is_400(string host) => Assert.StartsWith(
        "HTTP/1.1 400 ",
        await RawHttp.ExchangeAsync(Port, $"GET /openapi/v1.json HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
        StringComparison.Ordinal);

    [Fact]
    public async Task Internationalised_host_is_served() => Assert.StartsWith(
        "HTTP/1.1 200 ",
        await RawHttp.ExchangeAsync(Port, "GET /openapi/v1.json HTTP/1.1\r\nHost: xn--bcher-kva.example\r\nConnection: close\r\n\r\n"),
        StringComparison.Ordinal);

    private int Port => cluster.Api.Http.BaseAddress!.Port;

    private static string Request(string line, params string[] headers) =>
        $"{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{string.Concat(headers.Select(header => $"{header}\r\n"))}\r\n";

    private static void AssertProblem(string answer, int status, string code)
    {
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/problem+json\r\n", answer, StringComparison.Ordinal);
        Assert.Contains($"\"code\":\"{code}\"", answer, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string contentType, string json, string key = ApiCluster.Key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.Add("X-API-Key", key);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return await cluster.Api.Http.SendAsync(request, Ct);
    }
}

file static class DescriptionExtensions
{
    /// <summary>The paths of an API's description that have an operation for <paramref name="method"/>.</summary>
    public static IReadOnlyList<string> ParsePathsOf(this string description, string method)
    {
        using var document = JsonDocument.Parse(description);
        return [.. document.RootElement.GetProperty("paths").EnumerateObject()
            .Where(path => path.Value.TryGetProperty(method, out _)).Select(path => path.Name)];
    }
}
