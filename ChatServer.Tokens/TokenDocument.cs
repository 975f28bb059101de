using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using ChatServer.Contracts;

namespace ChatServer.Tokens;

/// <summary>
/// Reads header and claims of a token in compact form, without verifying it. It is stricter than the specification where parsers differ:
/// a repeated member, invalid UTF-8 or a critical extension makes the token invalid.
/// </summary>
internal static class TokenDocument
{
    private const int Parts = 3, MaxDepth = 16;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The header of a token; null if it is not a signed token.</summary>
    public static TokenHeader? ReadHeader(string token)
    {
        using var header = Read(token, part: 0);
        return header is not null && !header.RootElement.TryGetProperty("crit", out _)
            && Text(header.RootElement, "alg") is { } algorithm
            && IsTextOrMissing(header.RootElement, "kid")
            ? new TokenHeader(algorithm, Text(header.RootElement, "kid"))
            : null;
    }

    /// <summary>The claims of a token as a join token; null if one is missing or breaks its rule.</summary>
    /// <param name="token">The token.</param>
    /// <param name="expiresAt">Its expiry, which was verified.</param>
    public static JoinToken? ReadClaims(string token, DateTimeOffset expiresAt)
    {
        using var payload = Read(token, part: 1);
        if (payload is null)
            return null;
        var claims = payload.RootElement;
        if (Text(claims, "sub") is not { } uid || !UserIds.IsValid(uid)
            || UserNames.Normalize(Text(claims, "name")) is not { } name
            || RoomPattern.Parse(Text(claims, "room")) is not { } room
            || ReadPermissions(claims) is not { } permissions)
        {
            return null;
        }
        string? profile = null;
        if (claims.TryGetProperty("profile", out var element) && (profile = Profiles.Normalize(element)) is null)
            return null;
        return new JoinToken(uid, name, room, expiresAt) { Permissions = permissions, Profile = profile };
    }

    // Names that mean nothing here are ignored: an identity provider may list permissions of other services.
    private static Permissions? ReadPermissions(JsonElement claims)
    {
        if (!claims.TryGetProperty("permissions", out var names))
            return JoinToken.DefaultPermissions;
        if (names.ValueKind != JsonValueKind.Array)
            return null;
        return names.EnumerateArray().Aggregate(Permissions.None, (all, name) => all | PermissionNames.Parse(Text(name)));
    }

    private static JsonDocument? Read(string token, int part)
    {
        var encoded = token.Split('.');
        if (encoded.Length != Parts || !Base64Url.IsValid(encoded[part]))
            return null;
        try
        {
            var json = StrictUtf8.GetString(Base64Url.DecodeFromChars(encoded[part]));
            var document = JsonDocument.Parse(json, Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
        }
        catch (Exception e) when (e is JsonException or FormatException or DecoderFallbackException)
        {
        }
        return null;
    }

    private static bool IsTextOrMissing(JsonElement parent, string name) =>
        !parent.TryGetProperty(name, out var element) || Text(element) is not null;

    private static string? Text(JsonElement parent, string name) => parent.TryGetProperty(name, out var element) ? Text(element) : null;

    private static string? Text(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException) // a lone surrogate
        {
            return null;
        }
    }
}
