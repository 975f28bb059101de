using Microsoft.IdentityModel.Tokens;

namespace ChatServer.Tokens;

/// <summary>A key that verifies tokens, with the only algorithm for which it may be used.</summary>
/// <param name="Key">The key. Its <c>KeyId</c> is null if tokens need not name it.</param>
/// <param name="Algorithm">The algorithm, as in the header <c>alg</c>. A token cannot choose another one.</param>
/// <param name="Issuer">The <c>iss</c> that a token must have; null: any or none.</param>
/// <param name="Audience">The <c>aud</c> that a token must have among its own; null: any or none.</param>
internal sealed record TokenKey(SecurityKey Key, string Algorithm, string? Issuer = null, string? Audience = null)
{
    /// <summary>Whether a token with this header may have been signed with this key.</summary>
    public bool CanVerify(TokenHeader header) =>
        header.Algorithm == Algorithm && (header.KeyId is null || Key.KeyId is null || header.KeyId == Key.KeyId);
}

/// <summary>The members of a token's header that choose a key. They are not trusted.</summary>
/// <param name="Algorithm"><c>alg</c>.</param>
/// <param name="KeyId"><c>kid</c>; null if there is none.</param>
internal sealed record TokenHeader(string Algorithm, string? KeyId);
