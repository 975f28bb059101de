using System.Security.Cryptography;
using System.Text;
using ChatServer.Contracts;
using Microsoft.Extensions.Primitives;

namespace ChatServer.RoomHost.Handshakes;

/// <summary>Validates the opening handshake (RFC 6455, section 4.2). Sends nothing.</summary>
internal static class Handshake
{
    /// <summary>The only subprotocol; selected if the client offers it.</summary>
    public const string SubProtocol = "chat.v1";

    private const string Version = "13";
    private const int DecodedKeyBytes = 16, EncodedKeyLength = 24;

    /// <summary>
    /// Validates a request. A request without a WebSocket upgrade is <see cref="HandshakeKind.None"/>; an upgrade to another protocol is
    /// ignored, as HTTP allows. So is one without any header of a handshake: some proxies add <c>Upgrade</c> to every request.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="origins">The origins of pages that may join.</param>
    /// <param name="pageOrigin">The origin under which this client gets the server's own pages; null if it is not known.</param>
    public static HandshakeResult Check(HttpRequest request, AllowedOrigins origins, string? pageOrigin = null)
    {
        var headers = request.Headers;
        if (!HttpMethods.IsGet(request.Method) || !HasToken(headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
            || (headers.SecWebSocketKey.Count == 0 && headers.SecWebSocketVersion.Count == 0))
            return default;
        if (request.Protocol != HttpProtocol.Http11)
            return Bad("A WebSocket handshake is HTTP/1.1.");
        if (!HasToken(headers.Connection, "Upgrade", StringComparison.OrdinalIgnoreCase))
            return Bad("The Connection header does not say Upgrade.");
        if (request.ContentLength > 0 || headers.TransferEncoding.Count > 0)
            return Bad("A WebSocket handshake has no body.");
        if (headers.SecWebSocketVersion is not [Version])
            return HandshakeResult.Refuse(StatusCodes.Status426UpgradeRequired, "unsupported-version", "Sec-WebSocket-Version is 13 here.");
        if (headers.SecWebSocketKey is not [{ Length: EncodedKeyLength } key] || !IsKey(key))
            return Bad("Sec-WebSocket-Key is not 16 bytes in base64.");
        if (!origins.Allows(headers.Origin, pageOrigin))
        {
            return HandshakeResult.Refuse(
                StatusCodes.Status403Forbidden, ErrorCodes.OriginNotAllowed, "Pages of this origin may not join.");
        }

        var chat = HasToken(headers.SecWebSocketProtocol, SubProtocol, StringComparison.Ordinal);
        return HandshakeResult.Accept(AcceptKey(key), chat ? SubProtocol : null, DeflateOffer.Accept(headers.SecWebSocketExtensions));
    }

    /// <summary>
    /// Writes the headers of the answer: those of the 101 if the handshake was accepted, and the supported version of a 426. The caller
    /// writes status and body.
    /// </summary>
    public static void WriteHeaders(in HandshakeResult result, HttpResponse response)
    {
        var headers = response.Headers;
        if (result.Kind == HandshakeKind.Accepted)
        {
            headers.Upgrade = "websocket";
            headers.Connection = "Upgrade";
            headers.SecWebSocketAccept = result.AcceptKey;
            if (result.SubProtocol is not null)
                headers.SecWebSocketProtocol = result.SubProtocol;
            if (result.Extensions is not null)
                headers.SecWebSocketExtensions = result.Extensions;
        }
        else if (result.Status == StatusCodes.Status426UpgradeRequired)
        {
            headers.Upgrade = "websocket";
            headers.SecWebSocketVersion = Version;
        }
    }

    private static HandshakeResult Bad(string detail) => HandshakeResult.Refuse(StatusCodes.Status400BadRequest, "bad-handshake", detail);

    private static bool HasToken(StringValues values, ReadOnlySpan<char> token, StringComparison comparison)
    {
        foreach (var value in values)
        {
            foreach (var range in value.AsSpan().Split(','))
            {
                if (value.AsSpan()[range].Trim(" \t").Equals(token, comparison))
                    return true;
            }
        }
        return false;
    }

    private static bool IsKey(string key)
    {
        Span<byte> bytes = stackalloc byte[EncodedKeyLength];
        return Convert.TryFromBase64String(key, bytes, out var length) && length == DecodedKeyBytes;
    }

    private static string AcceptKey(string key)
    {
        Span<byte> text = stackalloc byte[EncodedKeyLength + 36];
        Encoding.ASCII.GetBytes(key, text);
        "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8.CopyTo(text[EncodedKeyLength..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // The RFC says SHA-1; it proves that the server speaks WebSocket, nothing more.
        SHA1.HashData(text, hash);
#pragma warning restore CA5350
        return Convert.ToBase64String(hash);
    }
}
