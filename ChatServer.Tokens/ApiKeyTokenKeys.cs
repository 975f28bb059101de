namespace ChatServer.Tokens;

/// <summary>The keys derived from <c>KEY</c>: several during a rotation, each of which verifies.</summary>
internal sealed class ApiKeyTokenKeys(IEnumerable<string> apiKeys) : ITokenKeys
{
    private readonly TokenKey[] _keys = [.. apiKeys.Select(DerivedKeys.OfApiKey)];

    public IAsyncEnumerable<TokenKey> FindAsync(TokenHeader header, CancellationToken ct) =>
        _keys.Where(key => key.CanVerify(header)).ToAsyncEnumerable();
}
