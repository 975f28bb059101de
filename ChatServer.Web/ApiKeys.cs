using System.Security.Cryptography;
using System.Text;
using ChatServer.Contracts;
using Microsoft.Extensions.Configuration;

namespace ChatServer.Web;

/// <summary>
/// The keys that one setting holds, comma-separated: while a key is rotated, the old and the new one are both accepted.
/// </summary>
/// <remarks>Only digests are kept, which have one length: comparing them tells a caller neither a key's length nor its start.</remarks>
public sealed class ApiKeys
{
    /// <summary>The header that a key travels in.</summary>
    public const string Header = "X-API-Key";

    private readonly byte[][] _digests;

    private ApiKeys(IEnumerable<string> keys) => _digests = [.. keys.Select(Digest)];

    /// <summary>Reads the keys from the setting named <paramref name="variable"/>.</summary>
    /// <exception cref="StartupException">The setting is missing, or holds no key.</exception>
    public static ApiKeys FromSettings(IConfiguration configuration, string variable) =>
        new(Read(configuration, variable, "the API key to accept, or several separated by commas"));

    /// <summary>The key to send where the setting named <paramref name="variable"/> holds those that are accepted: the first, while they are rotated.</summary>
    /// <exception cref="StartupException">The setting is missing, or holds no key.</exception>
    public static string RequireFirstKey(IConfiguration configuration, string variable) =>
        Read(configuration, variable, "the API key that is accepted there")[0];

    /// <summary>Whether <paramref name="key"/> is one of the keys. Takes the same time whichever it is, and if it is none.</summary>
    public bool Accepts(string? key)
    {
        if (string.IsNullOrEmpty(key)) return false;
        var digest = Digest(key);
        var accepted = false;
        // No early exit: the time must not tell which of the keys it was.
        foreach (var known in _digests) accepted |= CryptographicOperations.FixedTimeEquals(known, digest);
        return accepted;
    }

    private static string[] Read(IConfiguration configuration, string variable, string meaning)
    {
        var keys = configuration.RequireSetting(variable, meaning).Split(',',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return keys.Length > 0 ? keys : throw new StartupException($"{variable} holds no key: give {meaning}.");
    }

    private static byte[] Digest(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
