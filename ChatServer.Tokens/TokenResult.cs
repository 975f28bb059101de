namespace ChatServer.Tokens;

/// <summary>The result of a verification: the token, or the reason of its refusal.</summary>
/// <param name="Token">The verified token; null if it was refused.</param>
/// <param name="Refusal">The reason; <see cref="TokenRefusal.None"/> if it was not refused.</param>
public readonly record struct TokenResult(JoinToken? Token, TokenRefusal Refusal)
{
    public static implicit operator TokenResult(TokenRefusal refusal) => new(null, refusal);
}

/// <summary>Why a token is refused.</summary>
public enum TokenRefusal
{
    /// <summary>It is not refused.</summary>
    None,

    /// <summary>It is malformed, not signed with a known key, or lacks a claim; 401.</summary>
    Invalid,

    /// <summary>It has expired, or is not valid yet; 401.</summary>
    Expired,

    /// <summary>It is for another issuer or audience; 401.</summary>
    WrongAudience,

    /// <summary>It is for another room; 401.</summary>
    WrongRoom,

    /// <summary>It lacks the permission to read; 403.</summary>
    NoRead,

    /// <summary>The keys of its origin were never read, because the origin cannot be reached; 503.</summary>
    Unavailable,
}

/// <summary>Refusals for people.</summary>
public static class TokenRefusals
{
    /// <summary>The refusal in one sentence. It contains nothing of the token.</summary>
    public static string Describe(this TokenRefusal refusal) => refusal switch
    {
        TokenRefusal.Expired => "The token has expired or is not valid yet.",
        TokenRefusal.WrongAudience => "The token is for another issuer or audience.",
        TokenRefusal.WrongRoom => "The token is for another room.",
        TokenRefusal.NoRead => "The token does not permit to read.",
        TokenRefusal.Unavailable => "The keys that verify the token cannot be read at the moment.",
        _ => "The token is invalid.",
    };
}
