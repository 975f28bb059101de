namespace ChatServer.Contracts;

/// <summary>Counts characters for limits: Unicode scalar values, so a surrogate pair counts as one.</summary>
public static class CharacterCount
{
    /// <summary>Whether <paramref name="text"/> has more than <paramref name="max"/> characters.</summary>
    public static bool Exceeds(int max, string text)
    {
        if (text.Length <= max)
            return false;
        // A character has at most two UTF-16 units, so most oversized texts need no counting.
        if (text.Length > 2L * max)
            return true;
        var length = 0;
        foreach (var _ in text.EnumerateRunes())
            length++;
        return length > max;
    }
}
