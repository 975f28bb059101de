namespace ChatServer.Tokens.Jwks;

/// <summary>The JWK set of an identity provider.</summary>
internal interface IJwksSource
{
    /// <summary>The set, as it was read last; the first call reads it.</summary>
    /// <exception cref="TokenKeysUnavailableException">It was never read.</exception>
    Task<JwkSet> GetAsync(CancellationToken ct);

    /// <summary>Reads the set again, because it lacks a key, unless that happened recently. Returns the set that is then known.</summary>
    /// <exception cref="TokenKeysUnavailableException">It was never read.</exception>
    Task<JwkSet> RefreshAsync(CancellationToken ct);
}
