namespace ChatServer.Contracts;

/// <summary>What may be said in a room: 1 to <see cref="Limits.MaxTextLength"/> characters, any of them.</summary>
public static class MessageTexts
{
    /// <summary>Whether <paramref name="text"/> may be said.</summary>
    public static bool IsValid(string? text) => text is { Length: > 0 } && !IsTooLong(text);

    /// <summary>Whether <paramref name="text"/> has more than <see cref="Limits.MaxTextLength"/> characters, surrogate pairs counting once.</summary>
    public static bool IsTooLong(string text)
    {
        if (text.Length <= Limits.MaxTextLength)
            return false;
        // Every character is at most two UTF-16 units, so most oversized texts need no counting.
        if (text.Length > 2 * Limits.MaxTextLength)
            return true;
        var length = 0;
        foreach (var _ in text.EnumerateRunes())
            length++;
        return length > Limits.MaxTextLength;
    }
}
