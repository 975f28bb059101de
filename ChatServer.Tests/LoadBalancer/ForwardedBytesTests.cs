using System.Text;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>Every request that HTTP allows reaches an Api as the client sent it.</summary>
public sealed class ForwardedBytesTests : IAsyncLifetime
{
    private RunningLoadBalancer _lb = null!;
    private FakeApi _api = null!;

    public async ValueTask InitializeAsync()
    {
        _lb = await RunningLoadBalancer.StartAsync($"127.0.0.1:{FreePort.Next()}");
        _api = await FakeApi.StartAsync();
        await _lb.RegisterAsync(_api);
        await Eventually.Async(async () => (await _lb.Http.GetAsync("/")).IsSuccessStatusCode, isRouted => isRouted);
    }

    public async ValueTask DisposeAsync()
    {
        await _lb.DisposeAsync();
        await _api.DisposeAsync();
    }

    public static TheoryData<byte[]> HeaderValues => new(
        Encoding.UTF8.GetBytes("name=José; emoji=😀"), Encoding.Latin1.GetBytes("name=José"), [0xFF, 0xFE, 0x80]);

    [Theory]
    [MemberData(nameof(HeaderValues))]
    public async Task Header_values_keep_their_bytes_in_both_directions(byte[] value)
    {
        var bytes = Encoding.Latin1.GetString(value);
        var answer = await ExchangeAsync("GET / HTTP/1.1", $"Host: x\r\nCookie: {bytes}\r\nAnswer: {bytes}");

        Assert.StartsWith("HTTP/1.1 202 ", answer, StringComparison.Ordinal);
        Assert.Equal(bytes, _api.Requests.Last().Headers["Cookie"]);
        Assert.Contains($"\r\nAnswered: {bytes}\r\n", answer, StringComparison.Ordinal);
        await IsHealthyAsync();
    }

    [Fact]
    public async Task Internationalized_host_is_forwarded()
    {
        Assert.StartsWith("HTTP/1.1 202 ", await ExchangeAsync("GET / HTTP/1.1", "Host: xn--bcher-kva.example"), StringComparison.Ordinal);
        Assert.Equal("xn--bcher-kva.example", _api.Requests.Last().Headers["X-Forwarded-Host"]);
        await IsHealthyAsync();
    }

    [Fact]
    public async Task Request_with_an_empty_host_is_forwarded()
    {
        Assert.StartsWith("HTTP/1.1 202 ", await ExchangeAsync("GET / HTTP/1.1", "Host: "), StringComparison.Ordinal);
        await IsHealthyAsync();
    }

    [Theory]
    [InlineData("xn--")]
    [InlineData("a b")]
    [InlineData("[::1")]
    public async Task Malformed_host_is_400(string host)
    {
        Assert.StartsWith("HTTP/1.1 400 ", await ExchangeAsync("GET / HTTP/1.1", $"Host: {host}"), StringComparison.Ordinal);
        await IsHealthyAsync();
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("DELETE")]
    [InlineData("HEAD")]
    [InlineData("GET")]
    public async Task Upgrade_headers_do_not_change_the_method(string method)
    {
        var answer = await ExchangeAsync(
            $"{method} /api/v1/room/new1 HTTP/1.1", "Host: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13");

        Assert.StartsWith("HTTP/1.1 202 ", answer, StringComparison.Ordinal);
        Assert.Equal($"{method} /api/v1/room/new1", _api.Requests.Last().Target);
        await IsHealthyAsync();
    }

    [Theory]
    [InlineData("POST / HTTP/1.0", "Content-Length: 0", "")]
    [InlineData("POST / HTTP/1.1", "Host: x\r\nContent-Length: 0", "")]
    [InlineData("POST / HTTP/1.1", "Host: x\r\nTransfer-Encoding: chunked", "0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1", "Host: x", "")]
    public async Task Request_without_content_has_an_empty_body(string line, string headers, string body)
    {
        var answer = await ExchangeAsync(line, headers, body);

        Assert.Contains(" 202 ", answer, StringComparison.Ordinal);
        Assert.EndsWith("POST / ", answer.TrimEnd('\r', '\n', '0'), StringComparison.Ordinal);
        await IsHealthyAsync();
    }

    private Task<string> ExchangeAsync(string line, string headers, string body = "") =>
        RawHttp.ExchangeAsync(_lb.Http.BaseAddress!.Port, $"{line}\r\n{headers}\r\nConnection: close\r\n\r\n{body}".Replace(
            "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nConnection: close",
            "Connection: upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13", StringComparison.Ordinal));

    // The request did not take the Api out of service for others.
    private async Task IsHealthyAsync()
    {
        using var answer = await _lb.Http.GetAsync("/", TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}");
    }
}
