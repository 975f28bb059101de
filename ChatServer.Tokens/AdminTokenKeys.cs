using System.Runtime.CompilerServices;

namespace ChatServer.Tokens;

/// <summary>The key derived from the secret of the Admin in Redis.</summary>
/// <param name="readSecret">
/// Returns the secret. The argument is a secret that did not verify a token: it is then read again, at most once a second, because Redis
/// may have lost its data. Null if it cannot be read.
/// </param>
internal sealed class AdminTokenKeys(Func<string?, Task<string?>> readSecret) : ITokenKeys
{
    public async IAsyncEnumerable<TokenKey> FindAsync(TokenHeader header, [EnumeratorCancellation] CancellationToken ct)
    {
        if (header.KeyId != DerivedKeys.AdminKeyId)
            yield break;
        var secret = await readSecret(null) ?? throw new TokenKeysUnavailableException();
        if (DerivedKeys.OfAdminSecret(secret) is var key && !key.CanVerify(header))
            yield break;
        yield return key;
        if (await readSecret(secret) is { } newer && newer != secret)
            yield return DerivedKeys.OfAdminSecret(newer);
    }
}
