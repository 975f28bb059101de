using System.Text;

namespace ChatServer.Contracts;

/// <summary>What a person may be called in a room: 1–32 characters, trimmed, in NFC, without control characters.</summary>
public static class UserNames
{
    /// <summary>The name as the room will use it, or null when it is not one.</summary>
    public static string? Normalize(string? name)
    {
        if (name is null || !IsWellFormed(name))
            return null;
        name = name.Trim().Normalize(NormalizationForm.FormC);
        if (name.Length == 0)
            return null;
        var length = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            if (Rune.IsControl(rune) || ++length > Limits.MaxUserLength)
                return null;
        }
        return name;
    }

    // A lone surrogate can be neither normalized nor written as UTF-8.
    private static bool IsWellFormed(string s)
    {
        for (var i = 0; i < s.Length; i++)
        {
            if (char.IsHighSurrogate(s[i]) && i + 1 < s.Length && char.IsLowSurrogate(s[i + 1]))
                i++;
            else if (char.IsSurrogate(s[i]))
                return false;
        }
        return true;
    }
}
