namespace ChatServer.Contracts;

/// <summary>
/// What a room may be called: 1–64 of <c>A–Z a–z 0–9 . _ ~ -</c>, the first a letter or a digit; case-sensitive.
/// Every such name is a URL path segment, a Redis hash tag and a file name without escaping.
/// </summary>
public static class RoomNames
{
    /// <summary>Longest room name, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>The rule as a regular expression, for OpenAPI and messages.</summary>
    public const string Pattern = "^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$";

    /// <summary>Whether <paramref name="name"/> may name a room.</summary>
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
