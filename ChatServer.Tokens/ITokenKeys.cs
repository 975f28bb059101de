namespace ChatServer.Tokens;

/// <summary>Keys from one origin: an API key, Redis, or an identity provider.</summary>
internal interface ITokenKeys
{
    /// <summary>
    /// The keys with which a token may have been signed. The caller stops at the first that verifies it; if none of the known keys does,
    /// the enumeration may read the keys again.
    /// </summary>
    IAsyncEnumerable<TokenKey> FindAsync(TokenHeader header, CancellationToken ct);
}
