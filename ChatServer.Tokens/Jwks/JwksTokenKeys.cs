using System.Runtime.CompilerServices;

namespace ChatServer.Tokens.Jwks;

/// <summary>The keys of an identity provider. A token that names an unknown key, or none, has the set read again.</summary>
internal sealed class JwksTokenKeys(IJwksSource source) : ITokenKeys
{
    public async IAsyncEnumerable<TokenKey> FindAsync(TokenHeader header, [EnumeratorCancellation] CancellationToken ct)
    {
        if (!JwkSet.IsAlgorithm(header.Algorithm))
            yield break;
        var known = await source.GetAsync(ct);
        foreach (var key in known.Keys.Where(key => key.CanVerify(header)))
            yield return key;
        if (header.KeyId is not null && known.Keys.Any(key => key.Key.KeyId == header.KeyId))
            yield break;
        if (await source.RefreshAsync(ct) is var newer && newer == known)
            yield break;
        foreach (var key in newer.Keys.Where(key => key.CanVerify(header)))
            yield return key;
    }
}
