using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ChatServer.Contracts;

/// <summary>
/// Ids of people (<c>uid</c>). Those of token holders are chosen by a backend or an identity provider: 1 to 64 characters, the first a
/// letter or a digit; case-sensitive. The server makes the others: <c>~</c> and a hash of the session for a member without a token,
/// <c>@</c> and the name for a message of a backend that states no id.
/// </summary>
public static class UserIds
{
    private const string KeyPrefix = "key:";
    private const int KeyDigits = 8;

    /// <summary>Maximum length, in characters (<see cref="CharacterCount"/>).</summary>
    public const int MaxLength = 64;

    // 96 bits: a collision is improbable below 2^48 sessions.
    private const int HashBytes = 12;

    /// <summary>What an id must be, for error messages.</summary>
    public static string Rule { get; } =
        $"1 to {MaxLength} characters, the first a letter or a digit, without control, format or unassigned characters";

    /// <summary>Whether <paramref name="uid"/> can be the <c>sub</c> of a join token.</summary>
    public static bool IsValid(string? uid) =>
        !string.IsNullOrEmpty(uid) && !CharacterCount.Exceeds(MaxLength, uid)
        && Rune.TryGetRuneAt(uid, 0, out var first) && Rune.IsLetterOrDigit(first) && HasOnlyAllowedCharacters(uid);

    /// <summary>Whether <paramref name="uid"/> can belong to any sender: the holder of a token, a session, or a backend.</summary>
    public static bool CanExist(string? uid) => IsValid(uid)
        || (uid is ['~', ..] && uid.Length == 1 + Base64Url.GetEncodedLength(HashBytes) && Base64Url.IsValid(uid.AsSpan(1)))
        || (uid is ['@', ..] && UserNames.Normalize(uid[1..]) == uid[1..]);

    /// <summary>
    /// Whether <paramref name="uid"/> is that of an operator: the fingerprint of its key, as in the audit trail. Only the Admin issues
    /// tokens for it: other tokens would put a false actor into the audit trail.
    /// </summary>
    public static bool IsOfKey(string uid) =>
        uid.Length == KeyPrefix.Length + KeyDigits && uid.StartsWith(KeyPrefix, StringComparison.Ordinal)
        && uid.Skip(KeyPrefix.Length).All(char.IsAsciiHexDigitLower);

    /// <summary>Identifies a key without revealing it, by the first bytes of its SHA-256.</summary>
    public static string OfKey(ReadOnlySpan<byte> digest) => KeyPrefix + Convert.ToHexStringLower(digest[..(KeyDigits / 2)]);

    /// <summary>The <c>uid</c> of a message of a backend that states none.</summary>
    public static string OfBackend(string user) => $"@{user}";

    /// <summary>Whether <paramref name="uid"/> belongs to a session without a token.</summary>
    public static bool IsOfSession(string uid) => uid is ['~', ..];

    /// <summary>The <c>uid</c> of a session without a token: the first characters of an HMAC-SHA256.</summary>
    public static string OfSession(ReadOnlySpan<byte> secret, string session) =>
        "~" + Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(session)).AsSpan(0, HashBytes));

    private static bool HasOnlyAllowedCharacters(string uid)
    {
        for (var i = 0; i < uid.Length;)
        {
            if (!Rune.TryGetRuneAt(uid, i, out var rune) || Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                return false;
            }
            i += rune.Utf16SequenceLength;
        }
        return true;
    }
}
