using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace ChatServer.Tokens.Jwks;

/// <summary>Reads a JWK set (RFC 7517). As the RFC requires, keys that cannot be used are left out.</summary>
internal sealed class JwkSet
{
    /// <summary>Maximum size of a set, in bytes. The largest providers publish about ten keys, 5 KB.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int MaxKeys = 100, MinRsaBits = 2048;

    private JwkSet(IReadOnlyList<TokenKey> keys) => Keys = keys;

    /// <summary>The keys that can verify tokens; at least one.</summary>
    public IReadOnlyList<TokenKey> Keys { get; }

    /// <summary>Whether a token with this algorithm can be signed with a key of a set; others belong to the server's own keys.</summary>
    public static bool IsAlgorithm(string algorithm) =>
        algorithm is SecurityAlgorithms.RsaSha256 or SecurityAlgorithms.EcdsaSha256 or Ed25519Key.Algorithm;

    /// <summary>Reads a set.</summary>
    /// <param name="json">The set in UTF-8.</param>
    /// <param name="issuer">The issuer of its tokens; null: any.</param>
    /// <param name="audience">The audience of its tokens; null: any.</param>
    /// <exception cref="FormatException">It is not a JWK set, or has no usable key. The message completes "The set …".</exception>
    public static JwkSet Parse(ReadOnlySpan<byte> json, string? issuer, string? audience)
    {
        JsonWebKeySet set;
        try
        {
            set = JsonWebKeySet.Create(Encoding.UTF8.GetString(json));
        }
        catch (Exception e) when (e is ArgumentException or System.Text.Json.JsonException)
        {
            throw new FormatException("is not a JWK set");
        }
        if (set.Keys.Count > MaxKeys)
            throw new FormatException($"has more than {MaxKeys} keys");
        var keys = set.Keys.Select(key => TryRead(key) is { } read ? read with { Issuer = issuer, Audience = audience } : null)
            .OfType<TokenKey>().ToList();
        return keys.Count > 0 ? new JwkSet(keys) : throw new FormatException("has no key for RS256, ES256 or EdDSA");
    }

    // A symmetric key in a set would be no secret, so it is left out, whatever its algorithm.
    private static TokenKey? TryRead(JsonWebKey jwk)
    {
        if (jwk.Use is not (null or "" or "sig"))
            return null;
        try
        {
            var key = (jwk.Kty, jwk.Crv) switch
            {
                ("RSA", _) when Base64UrlEncoder.DecodeBytes(jwk.N).Length * 8 >= MinRsaBits =>
                    new TokenKey(jwk, SecurityAlgorithms.RsaSha256),
                ("EC", "P-256") => new TokenKey(jwk, SecurityAlgorithms.EcdsaSha256),
                ("OKP", "Ed25519") => new TokenKey(new Ed25519Key(Base64UrlEncoder.DecodeBytes(jwk.X), jwk.Kid), Ed25519Key.Algorithm),
                _ => null,
            };
            return string.IsNullOrEmpty(jwk.Alg) || jwk.Alg == key?.Algorithm ? key : null;
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            return null;
        }
    }
}
