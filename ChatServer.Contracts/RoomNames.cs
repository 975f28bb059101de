namespace ChatServer.Contracts;

/// <summary>
/// The rule for room names: 1–64 of the characters <c>A–Z a–z 0–9 . _ ~ -</c>, the first a letter or a digit; case-sensitive.
/// A name needs no escaping as a URL path segment, a Redis hash tag or a file name.
/// </summary>
public static class RoomNames
{
    /// <summary>Maximum length of a room name, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>The rule as a regular expression, for OpenAPI and messages.</summary>
    public const string Pattern = "^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$";

    /// <summary>Whether <paramref name="name"/> is a valid room name.</summary>
    public static bool IsValid(string? name)
    {
        if (name is not { Length: >= 1 and <= MaxLength } || !char.IsAsciiLetterOrDigit(name[0]))
            return false;
        foreach (var c in name.AsSpan(1))
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '~' or '-'))
                return false;
        return true;
    }
}
