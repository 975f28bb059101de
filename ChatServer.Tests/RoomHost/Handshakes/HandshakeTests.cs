using ChatServer.RoomHost.Handshakes;
using ChatServer.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ChatServer.Tests.RoomHost.Handshakes;

public sealed class HandshakeTests
{
    [Fact]
    public void Example_of_RFC_6455_is_accepted()
    {
        var context = Request();
        var result = Handshake.Check(context.Request, AllowedOrigins.Any);
        Handshake.WriteHeaders(result, context.Response);

        Assert.Equal(HandshakeKind.Accepted, result.Kind);
        Assert.Equal("websocket", context.Response.Headers.Upgrade);
        Assert.Equal("Upgrade", context.Response.Headers.Connection);
        Assert.Equal(RawWebSocket.AcceptOfKey, context.Response.Headers.SecWebSocketAccept);
        Assert.False(context.Response.Headers.ContainsKey("Sec-WebSocket-Protocol"));
        Assert.False(context.Response.Headers.ContainsKey("Sec-WebSocket-Extensions"));
    }

    [Theory]
    [InlineData("Upgrade", "WebSocket")]
    [InlineData("Upgrade", "h2c , websocket")]
    [InlineData("Connection", "keep-alive, UPGRADE")]
    public void Header_tokens_are_found_in_lists_regardless_of_case(string header, string value) =>
        Assert.Equal(HandshakeKind.Accepted, Check(header, value).Kind);

    [Theory]
    [InlineData("")]
    [InlineData("h2c")]
    [InlineData("websockets")]
    public void Request_without_upgrade_is_an_ordinary_request(string upgrade) =>
        Assert.Equal(HandshakeKind.None, Check("Upgrade", upgrade).Kind);

    [Theory]
    [InlineData("Connection", "")]
    [InlineData("Connection", "keep-alive")]
    [InlineData("Sec-WebSocket-Key", "")]
    [InlineData("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25j")]
    [InlineData("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZSE=")]
    [InlineData("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ!!")]
    [InlineData("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZ   ")]
    public void Malformed_handshake_is_a_bad_request(string header, string value)
    {
        var result = Check(header, value);
        Assert.Equal((HandshakeKind.Refused, 400, "bad-handshake"), (result.Kind, result.Status, result.Code));
    }

    [Fact]
    public void Two_keys_are_a_bad_request()
    {
        var context = Request();
        context.Request.Headers["Sec-WebSocket-Key"] = new([RawWebSocket.Key, RawWebSocket.Key]);
        Assert.Equal(400, Handshake.Check(context.Request, AllowedOrigins.Any).Status);
    }

    [Fact]
    public void Handshake_in_HTTP_1_0_is_a_bad_request()
    {
        var context = Request();
        context.Request.Protocol = "HTTP/1.0";
        Assert.Equal(400, Handshake.Check(context.Request, AllowedOrigins.Any).Status);
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("HEAD")]
    [InlineData("DELETE")]
    public void Other_method_than_GET_is_a_plain_request(string method)
    {
        var context = Request();
        context.Request.Method = method;
        Assert.Equal(HandshakeKind.None, Handshake.Check(context.Request, AllowedOrigins.Any).Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("8")]
    [InlineData("13, 8")]
    public void Other_version_is_answered_with_the_supported_version(string version)
    {
        var context = Request("Sec-WebSocket-Version", version);
        var result = Handshake.Check(context.Request, AllowedOrigins.Any);
        Handshake.WriteHeaders(result, context.Response);
        Assert.Equal((HandshakeKind.Refused, 426), (result.Kind, result.Status));
        Assert.Equal("13", context.Response.Headers.SecWebSocketVersion);
    }

    [Theory]
    [InlineData("chat.v1", "chat.v1")]
    [InlineData("graphql-ws, chat.v1", "chat.v1")]
    [InlineData("CHAT.V1", null)]
    [InlineData("chat.v2", null)]
    public void Chat_v1_is_selected_if_it_is_offered(string offered, string? selected)
    {
        var context = Request("Sec-WebSocket-Protocol", offered);
        var result = Handshake.Check(context.Request, AllowedOrigins.Any);
        Handshake.WriteHeaders(result, context.Response);
        Assert.Equal(selected, result.SubProtocol);
        Assert.Equal(selected, (string?)context.Response.Headers.SecWebSocketProtocol);
    }

    [Fact]
    public void Chat_v1_is_selected_from_any_of_several_headers()
    {
        var context = Request();
        context.Request.Headers.SecWebSocketProtocol = new(["other", "chat.v1"]);
        Assert.Equal("chat.v1", Handshake.Check(context.Request, AllowedOrigins.Any).SubProtocol);
    }

    [Theory]
    [InlineData("*", "https://anywhere.example", true)]
    [InlineData("https://a.example, https://b.example:8443", "https://b.example:8443", true)]
    [InlineData("https://a.example", "HTTPS://A.example", true)]
    [InlineData("https://a.example", "", true)]
    [InlineData("https://a.example", "http://a.example", false)]
    [InlineData("https://a.example", "https://a.example.evil", false)]
    [InlineData("https://a.example", "null", false)]
    [InlineData("", "https://a.example", false)]
    public void Only_allowed_origins_are_accepted(string allowed, string origin, bool accepted)
    {
        var result = Handshake.Check(Request("Origin", origin).Request, AllowedOrigins.Parse(allowed));
        Assert.Equal(accepted ? (HandshakeKind.Accepted, 101) : (HandshakeKind.Refused, 403), (result.Kind, result.Status));
    }

    private static HandshakeResult Check(string header, string value) =>
        Handshake.Check(Request(header, value).Request, AllowedOrigins.Any);

    /// <summary>The example of RFC 6455 with one header replaced. An empty value removes the header.</summary>
    private static DefaultHttpContext Request(string? header = null, string? value = null)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = "GET";
        context.Request.Protocol = "HTTP/1.1";
        context.Request.Headers.Upgrade = "websocket";
        context.Request.Headers.Connection = "Upgrade";
        context.Request.Headers.SecWebSocketKey = RawWebSocket.Key;
        context.Request.Headers.SecWebSocketVersion = "13";
        if (header is not null)
            context.Request.Headers[header] = value;
        return context;
    }
}
