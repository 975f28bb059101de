using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace ChatServer.Tokens;

/// <summary>
/// Derives the keys of the server's own tokens: HKDF-SHA256 (RFC 5869) of the secret in UTF-8, without salt, 32 bytes. The info string
/// separates the purposes, so a token can be used only as a join token.
/// </summary>
internal static class DerivedKeys
{
    /// <summary>Info string of the keys derived from <c>KEY</c>.</summary>
    public const string ApiInfo = "chatserver join token v1";

    /// <summary>Info string of the key derived from the Admin's secret.</summary>
    public const string AdminInfo = "chatserver admin join token v1";

    /// <summary>The <c>kid</c> of the Admin's tokens. Tokens signed with <c>KEY</c> have none: each of the keys is tried.</summary>
    public const string AdminKeyId = "admin";

    private const int KeyBytes = 32;

    /// <summary>The key for tokens that are signed with an API key.</summary>
    public static TokenKey OfApiKey(string key) => Derive(key, ApiInfo, keyId: null);

    /// <summary>The key for tokens of the Admin.</summary>
    public static TokenKey OfAdminSecret(string secret) => Derive(secret, AdminInfo, AdminKeyId);

    private static TokenKey Derive(string secret, string info, string? keyId)
    {
        var derived = HKDF.DeriveKey(
            HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), KeyBytes, salt: null, Encoding.UTF8.GetBytes(info));
        return new TokenKey(new SymmetricSecurityKey(derived) { KeyId = keyId }, SecurityAlgorithms.HmacSha256);
    }
}
