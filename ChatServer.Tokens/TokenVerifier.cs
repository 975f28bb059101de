using ChatServer.Contracts;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ChatServer.Tokens;

/// <summary>Verifies join tokens. It neither logs a token nor repeats a part of it.</summary>
/// <remarks>All members may be called from any thread.</remarks>
public sealed class TokenVerifier
{
    private static readonly JsonWebTokenHandler Handler = new() { MaximumTokenSizeInBytes = JoinToken.MaxLength };

    private readonly ITokenKeys[] _keys;
    private readonly TimeProvider _time;

    internal TokenVerifier(IEnumerable<ITokenKeys> keys, TimeProvider time)
    {
        _keys = [.. keys];
        _time = time;
    }

    /// <summary>Verifies only tokens that are signed with a key derived from <c>KEY</c>.</summary>
    public static TokenVerifier OfApiKeys(IEnumerable<string> apiKeys, TimeProvider time) => new([new ApiKeyTokenKeys(apiKeys)], time);

    /// <summary>Verifies a token for a room.</summary>
    /// <param name="token">The token, as the client sent it.</param>
    /// <param name="room">Name of the room that it must open.</param>
    /// <param name="ct">Ends the wait for keys.</param>
    public async Task<TokenResult> VerifyAsync(string token, string room, CancellationToken ct = default)
    {
        var (verified, refusal) = await VerifySignatureAsync(token, ct);
        return verified is null ? refusal
            : !verified.Room.Matches(room) ? TokenRefusal.WrongRoom
            : !verified.Permissions.HasFlag(Permissions.Read) ? TokenRefusal.NoRead
            : new TokenResult(verified, TokenRefusal.None);
    }

    private async Task<TokenResult> VerifySignatureAsync(string token, CancellationToken ct)
    {
        if (token.Length > JoinToken.MaxLength || TokenDocument.ReadHeader(token) is not { } header)
            return TokenRefusal.Invalid;
        try
        {
            foreach (var origin in _keys)
            {
                await foreach (var key in origin.FindAsync(header, ct))
                {
                    var result = await Handler.ValidateTokenAsync(token, ParametersOf(key));
                    if (result.IsValid)
                        return ReadVerified(token, result.SecurityToken, isOfAdmin: origin is AdminTokenKeys);
                    if (RefusalOf(result.Exception) is var refusal and not TokenRefusal.Invalid)
                        return refusal;
                }
            }
            return TokenRefusal.Invalid;
        }
        catch (TokenKeysUnavailableException)
        {
            return TokenRefusal.Unavailable;
        }
    }

    private TokenValidationParameters ParametersOf(TokenKey key) => new()
    {
        // Only this key, only with its algorithm: the header's own statements play no part.
        IssuerSigningKeyResolver = (_, _, _, _) => [key.Key],
        ValidAlgorithms = [key.Algorithm],
        ValidateIssuer = key.Issuer is not null,
        ValidIssuer = key.Issuer,
        ValidateAudience = key.Audience is not null,
        ValidAudience = key.Audience,
        LifetimeValidator = (notBefore, expires, _, _) => IsValidNow(notBefore, expires),
    };

    // By differences, not sums: a claim can be the largest possible date.
    private bool IsValidNow(DateTime? notBefore, DateTime? expires)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        return expires is { } end && end > now - JoinToken.ClockSkew && (notBefore is not { } begin || begin <= now + JoinToken.ClockSkew);
    }

    private static TokenResult ReadVerified(string token, SecurityToken verified, bool isOfAdmin) =>
        TokenDocument.ReadClaims(token, new DateTimeOffset(verified.ValidTo, TimeSpan.Zero)) is { } join
        && (isOfAdmin || !UserIds.IsOfKey(join.Uid))
            ? new TokenResult(join, TokenRefusal.None)
            : TokenRefusal.Invalid;

    private static TokenRefusal RefusalOf(Exception? failure) => failure switch
    {
        SecurityTokenInvalidLifetimeException => TokenRefusal.Expired,
        SecurityTokenInvalidIssuerException or SecurityTokenInvalidAudienceException => TokenRefusal.WrongAudience,
        _ => TokenRefusal.Invalid,
    };
}
