using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ChatServer.Tests.Tokens;

/// <summary>Tokens written by hand: what no library would issue.</summary>
internal static class ForgedToken
{
    /// <summary>A token with this header and payload, signed with HMAC-SHA256 whatever the header says.</summary>
    public static string Of(string header, string payload, byte[] secret) => Of(header, Encoding.UTF8.GetBytes(payload), secret);

    public static string Of(string header, byte[] payload, byte[] secret) =>
        Sign(header, payload, content => HMACSHA256.HashData(secret, content));

    public static string Sign(string header, string payload, Func<byte[], byte[]> sign) =>
        Sign(header, Encoding.UTF8.GetBytes(payload), sign);

    public static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>The key that the documentation tells to derive from an API key.</summary>
    public static byte[] DocumentedKey(string apiKey) => HKDF.DeriveKey(
        HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(apiKey), 32, salt: [], "chatserver join token v1"u8.ToArray());

    private static string Sign(string header, byte[] payload, Func<byte[], byte[]> sign)
    {
        var content = $"{Encode(Encoding.UTF8.GetBytes(header))}.{Encode(payload)}";
        return $"{content}.{Encode(sign(Encoding.ASCII.GetBytes(content)))}";
    }
}
