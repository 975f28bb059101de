using System.Globalization;
using System.Text;

namespace ChatServer.Tests.Support;

/// <summary>A request of the generator.</summary>
/// <param name="Text">One byte for each character.</param>
/// <param name="IsComplete">Whether a server can expect no more bytes of it. Otherwise the client ends it by closing its direction.</param>
internal sealed record HostileRequest(string Text, bool IsComplete);

/// <summary>
/// A seeded generator of HTTP requests: every method, path, header, body and version that a client may send, and many that none should.
/// Most parts of a request are valid, so that a request passes the parser and reaches the code behind it.
/// </summary>
internal sealed class HostileRequests(int seed, string key, string[] paths)
{
    private static readonly string[] Methods =
    [
        "GET", "GET", "HEAD", "POST", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PRI", "get", "PROPFIND", "M-SEARCH",
        "", "G\xc3\x89T", "G T", new('A', 5000),
    ];

    // For {name} in a path.
    private static readonly string[] Names =
    [
        "lobby", "lobby", "lobby", "other", "A.b_c~d-e", new('a', 64), new('a', 65), "%6Cobby", "lobby%00", "%2f", "%2e%2e", "..", ".", "%",
        "%zz", "%u0041", "%C0%AF", "%ff%fe", "%EF%BF%BE", "%ED%A0%80", "%F0%9F%98%80", "\xc3\xa9", "a b", "a%20b", "-a", "", "//",
        "{name}", "%0d%0aX:%201",
    ];

    private static readonly string[] Queries =
    [
        "", "", "", "?", "?limit=1", "?limit=0", "?limit=-1", "?limit=1001", "?limit=9999999999999999999", "?limit=1&limit=2", "?limit=",
        "?limit=%31", "?before=1", "?before=0", "?before=-5", "?before=9223372036854775807", "?before=9223372036854775808", "?after=lobby",
        "?after=%00", "?after=%FF", "?after=\xff", "?after=&limit=1000", "?search=%F0%9F", "?&&==&", "?user=%EF%BF%BE", "?user=%ED%A0%80",
        "?user=a&user=b",
        "?since=x.1", "?since=a.99999999999999999999", "?history=-1", "?history=10001", "?session=%00", "?token=a.b.c", "?%",
        "?a=" + new string('b', 9000),
    ];

    private static readonly string[] Hosts =
    [
        "localhost", "localhost", "localhost", "127.0.0.1:1", "xn--bcher-kva.example", "xn--", "[::1]:80", "[::1", "a b", "a:b",
        "a:99999", "", "\xc3\xa9",
        "a/b", "user@host", new('h', 300),
    ];

    private static readonly string[] ContentTypes =
    [
        "application/json", "application/json", "application/json", "application/json; charset=utf-8",
        "application/json; charset=\"utf-8\"",
        "application/json; charset=UTF-16", "application/json; charset=latin1", "application/json; charset=",
        "application/json; charset=\"",
        "application/json; charset=nonsense", "application/vnd.x+json", "text/plain", "multipart/form-data", "a", "/", ";", "\xc3\xa9",
        "application/json, application/json",
    ];

    private static readonly string[] Headers =
    [
        "Cookie: name=Jos\xc3\xa9", "Cookie: name=Jos\xe9", "Cookie: =;;=", "Accept: */*;q=2, ,", "Accept-Encoding: br;q=x, ,gzip",
        "Accept-Language: \xff",
        "Range: bytes=5-1,-0,x", "Range: bytes=0-", "If-None-Match: ,\"", "If-Match: *", "If-Modified-Since: yesterday",
        "Expect: 100-continue", "Expect: 200-ok",
        "Connection: upgrade\r\nUpgrade: websocket",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Connection: Upgrade\r\nUpgrade: h2c, websocket\r\nSec-WebSocket-Version: 12\r\nSec-WebSocket-Key: x",
        "Upgrade: h2c\r\nHTTP2-Settings: AA",
        "Sec-WebSocket-Protocol: chat.v1, \xc3\xa9", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10;;",
        "Origin: null", "Origin: \xff",
        "traceparent: 00-0-0-0", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: \xc3\xa9=;",
        "baggage: =,%ff",
        "X-Forwarded-For: \xc3\xa9, , 999.1.1.1", "X-Forwarded-Proto: gopher", "X-Forwarded-Host: a b", "X-Original-For: ::",
        "Forwarded: for=\"",
        "X-HTTP-Method-Override: DELETE", "Authorization: Bearer \xff", "Via: 1.1 a", "TE: trailers, deflate", "Trailer: Content-Length",
        "Content-Encoding: gzip", "Keep-Alive: x", "Connection: close, x-api-key", "Max-Forwards: -1", "X: ", "X:\t1 ", "X : 1", ": 1",
        "no colon", " folded: 1",
        "X: a\0b", "X: a\rb", "\xc3\xa9: 1", $"X: {new string('x', 20_000)}", $"X: {new string('x', 40_000)}",
        $"X: {new string('x', 150_000)}",
    ];

    private static readonly string[] Bodies =
    [
        "", "{}", "{}", "null", "[]", "1", "\"a\"", "{", "}", "{\"a\"", "{\"title\":\"Lobby\"}", "{\"title\":\"\\ud800\"}",
        "{\"title\":\"\\u0000\"}",
        "{\"title\":1e999}", "{\"history\":1e3}", "{\"history\":99999999999999999999}", "{\"history\":-1}", "{\"private\":\"yes\"}",
        "{\"durability\":\"disk\"}",
        "{\"durability\":3}", "{\"unknown\":1}", "{\"title\":\"a\",\"title\":\"b\"}", "{\"user\":\"a\",\"text\":\"b\"}",
        "{\"user\":\"\\uFFFE\",\"text\":\"b\"}",
        "{\"user\":\"\\ud800\",\"text\":\"\\udc00\"}", "{\"user\":\"a\",\"text\":\"\"}", "{\"user\":\"a\",\"text\":\"b\",\"id\":\"\"}",
        "{\"user\":null,\"text\":null}",
        "{\"text\":\"hello\"}", "{\"text\":\"hello\",\"rooms\":[\"lobby\",\"lobby\",\"\\u0000\"]}",
        "{\"text\":\"hello\",\"rooms\":[null]}", "{\"text\":\"hello\",\"rooms\":{}}",
        "\xef\xbb\xbf{}", "\xff\xfe{\0}\0", "{\"title\":\"\xff\"}", "{\"title\":\"\xed\xa0\x80\"}", "// comment\n{}", "{}{}", "{}\0",
        new('[', 3000), new(' ', 70_000),
        $"{{\"text\":\"{new string('x', 70_000)}\"}}", $"{{\"title\":\"{new string('e', 201)}\"}}",
    ];

    private static readonly string[] Versions = ["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "http/1.1", "HTTP/1", "", "HTTPS/1.1"];

    // Instead of a path.
    private static readonly string[] Targets =
    [
        "*", "/", "//", "/..", "/%2e%2e/%2e%2e/etc/passwd", "http://other/", "http://[", "localhost:80", "a", "", "/\xc3\xa9", "/\xff",
        $"/{new string('p', 9000)}", $"/{new string('p', 40_000)}",
    ];

    private static readonly string[] Lengths = ["-1", "x", "1, 1", "99999999999999999999", "9999999", "+2", "0x2", "", "90000"];

    private static readonly string[] Encodings = ["gzip", "chunked, gzip", "chunked\r\nContent-Length: 2", "\xff"];

    private static readonly string[] Chunks =
    [
        "zz\r\n", "-1\r\n", "FFFFFFFFFFFFFFFFF\r\n", "5\r\nab", "2;a=\"\r\n{}\r\n0\r\n\r\n", "2\r\n{}XX0\r\n\r\n", "\r\n",
        "2\r\n{}\r\n0\r\nX: 1\r\nY\r\n\r\n",
    ];

    private readonly Random _random = new(seed);

    public HostileRequest Next()
    {
        var request = new StringBuilder();
        AddHead(request);
        var isComplete = AddBody(request, Rarely(2) ? Any(Bodies) : "");
        // Cut off anywhere.
        return Rarely(50)
            ? new HostileRequest(request.ToString(0, _random.Next(1, request.Length)), IsComplete: false)
            : new HostileRequest(request.ToString(), isComplete);
    }

    private void AddHead(StringBuilder request)
    {
        request.Append(string.Join(' ', Any(Methods), Target(), Rarely(12) ? Any(Versions) : "HTTP/1.1"));
        if (!Rarely(40)) AddHeader("Host: " + (Rarely(4) ? Any(Hosts) : "localhost"));
        if (Rarely(60)) AddHeader("Host: second");
        // Mostly the key, so that requests reach the code behind it.
        string[] wrongKeys = ["", "wrong", "\xc3\xa9", "\xe9", $"{key}, {key}", new('k', 5000)];
        if (!Rarely(5)) AddHeader("X-API-Key: " + (Rarely(6) ? Any(wrongKeys) : key));
        for (var more = _random.Next(4); more > 0; more--) AddHeader(Any(Headers));
        if (Rarely(60)) AddHeader(string.Join("\r\n", Enumerable.Repeat("Y: 1", Any(120, 500))));
        if (!Rarely(8)) AddHeader("Connection: close");

        void AddHeader(string header) => request.Append("\r\n").Append(header);
    }

    /// <returns>Whether the request is complete.</returns>
    private bool AddBody(StringBuilder request, string body)
    {
        if (body != "" || Rarely(2)) request.Append("\r\nContent-Type: ").Append(Any(ContentTypes));
        switch (_random.Next(10))
        {
            case 0:
                request.Append("\r\nTransfer-Encoding: chunked\r\n\r\n");
                return AddChunks(request, body);
            case 1:
                request.Append("\r\nContent-Length: ").Append(Any(Lengths)).Append("\r\n\r\n").Append(body);
                return false;
            case 2 when Rarely(2):
                request.Append("\r\nTransfer-Encoding: ").Append(Any(Encodings)).Append("\r\n\r\n").Append(body);
                return false;
            default:
                if (body != "" || Rarely(3)) request.Append("\r\nContent-Length: ").Append(body.Length);
                request.Append("\r\n\r\n").Append(body);
                return true;
        }
    }

    private string Target() =>
        Rarely(25) ? Any(Targets) : Any(paths).Replace("{name}", Any(Names), StringComparison.Ordinal) + Any(Queries);

    private bool AddChunks(StringBuilder request, string body)
    {
        if (Rarely(3))
        {
            request.Append(Any(Chunks));
            return false;
        }
        if (body != "") request.Append(CultureInfo.InvariantCulture, $"{body.Length:x}\r\n{body}\r\n");
        request.Append("0\r\n\r\n");
        return true;
    }

    private bool Rarely(int oneIn) => _random.Next(oneIn) == 0;

    private T Any<T>(params ReadOnlySpan<T> values) => values[_random.Next(values.Length)];
}
