namespace ChatServer.Contracts;

/// <summary>Characters as all limits count them: of Unicode, so a surrogate pair is one.</summary>
public static class Characters
{
    /// <summary>Whether <paramref name="text"/> has more than <paramref name="most"/>.</summary>
    public static bool AreMoreThan(int most, string text)
    {
        if (text.Length <= most)
            return false;
        // Each is at most two UTF-16 units, so most oversized texts need no counting.
        if (text.Length > 2L * most)
            return true;
        var length = 0;
        foreach (var _ in text.EnumerateRunes())
            length++;
        return length > most;
    }
}
