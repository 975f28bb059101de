using System.Security.Cryptography;
using System.Text;
using ChatServer.Contracts;

namespace ChatServer.Web;

/// <summary>The keys that a service accepts: one, or the old and the new one while a key is rotated.</summary>
/// <remarks>
/// Only digests are kept. They have equal lengths, so the time of a comparison reveals neither the length of a key nor its start.
/// </remarks>
public sealed class ApiKeys
{
    private readonly byte[][] _digests;

    /// <param name="keys">The keys that are accepted.</param>
    public ApiKeys(IEnumerable<string> keys) => _digests = [.. keys.Select(Digest)];

    /// <summary>Whether <paramref name="key"/> is one of the keys. The time that it takes does not depend on the key.</summary>
    public bool Accepts(string? key)
    {
        if (string.IsNullOrEmpty(key)) return false;
        var digest = Digest(key);
        var accepted = false;
        // No early exit: the time must not reveal which of the keys it is.
        foreach (var known in _digests) accepted |= CryptographicOperations.FixedTimeEquals(known, digest);
        return accepted;
    }

    /// <summary>Identifies a key without revealing it: <c>key:</c> and the first 8 hex digits of its SHA-256.</summary>
    public static string Fingerprint(string key) => UserIds.OfKey(Digest(key));

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
