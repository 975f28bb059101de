using System.Globalization;
using System.Text;

namespace ChatServer.Contracts;

/// <summary>
/// Names of people in a room: 1 to 32 characters, shown trimmed and in NFC. A name must not be confusable with another one by characters
/// that are invisible or change the direction of text, by stacked combining marks, or by letters of two similar alphabets.
/// </summary>
public static class UserNames
{
    /// <summary>Most combining marks in a row: Vietnamese needs 2, Hebrew with cantillation 3.</summary>
    public const int MaxCombiningMarks = 4;

    private const int ZeroWidthNonJoiner = 0x200C, ZeroWidthJoiner = 0x200D, EmojiVariationSelector = 0xFE0F;

    /// <summary>What a name must be, for error messages.</summary>
    public static string Rule { get; } =
        $"1 to {Limits.MaxUserLength} visible characters, at most {MaxCombiningMarks} combining marks in a row, " +
        "without control, format or unassigned characters, and without Latin letters next to Cyrillic or Greek ones";

    /// <summary>Returns the name as a room shows it, or null if it is not allowed.</summary>
    public static string? Normalize(string? name)
    {
        if (name is null || !CanBeNormalized(name))
            return null;
        name = name.Trim().Normalize(NormalizationForm.FormC);
        var runes = name.EnumerateRunes().ToArray();
        return runes.Length is 0 or > Limits.MaxUserLength || MixesAlphabets(runes) || !HasOnlyAllowedCharacters(runes) ? null : name;
    }

    /// <summary>
    /// The form in which names are compared: names with the same key are the same name (RFC 8266, section 2.4, without the rules that
    /// <see cref="Normalize"/> checks). <c>ANN</c>, <c>ann</c> and <c>ａｎｎ</c> have one key.
    /// </summary>
    /// <param name="name">A name that <see cref="Normalize"/> returned.</param>
    public static string KeyOf(string name)
    {
        // The steps are repeated, because the result of one can need another: RFC 8266, section 2.3.
        const int maxRounds = 4;
        for (var round = 0; round < maxRounds; round++)
        {
            var key = CollapseSpaces(name).ToLowerInvariant().Normalize(NormalizationForm.FormKC);
            if (key == name)
                break;
            name = key;
        }
        return name;
    }

    private static bool HasOnlyAllowedCharacters(Rune[] runes)
    {
        var marks = 0;
        var isVisible = false;
        for (var i = 0; i < runes.Length; i++)
        {
            var category = Rune.GetUnicodeCategory(runes[i]);
            var isMark = category
                is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark;
            marks = isMark ? marks + 1 : 0;
            if (marks > MaxCombiningMarks)
                return false;
            if (category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned
                or UnicodeCategory.Surrogate or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                || IsDefaultIgnorable(runes[i].Value))
            {
                if (!IsNeededJoiner(runes, i))
                    return false;
            }
            else
            {
                isVisible |= !isMark && category != UnicodeCategory.SpaceSeparator;
            }
        }
        return isVisible;
    }

    // Invisible characters that belong to the character before them: inside emoji, and where the spelling of a language requires them
    // (RFC 5892, appendix A.1 and A.2, with the blocks of cursive scripts in place of joining types).
    private static bool IsNeededJoiner(Rune[] runes, int index)
    {
        if (index == 0)
            return false;
        var previous = runes[index - 1];
        if (runes[index].Value == EmojiVariationSelector)
            return IsEmojiPart(previous);
        if (runes[index].Value is not (ZeroWidthJoiner or ZeroWidthNonJoiner) || index == runes.Length - 1)
            return false;
        var next = runes[index + 1];
        if (runes[index].Value == ZeroWidthJoiner && IsEmojiPart(previous) && IsEmojiPart(next))
            return true;
        return IsVirama(previous.Value) || (IsCursive(previous.Value) && IsCursive(next.Value));
    }

    private static bool IsEmojiPart(Rune rune) => rune.Value == EmojiVariationSelector
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherSymbol or UnicodeCategory.ModifierSymbol or UnicodeCategory.MathSymbol;

    // Unicode's property Default_Ignorable_Code_Point, beyond the category Format.
    private static bool IsDefaultIgnorable(int c) => c is 0x034F or 0x3164 or 0xFFA0
        or (>= 0x115F and <= 0x1160) or (>= 0x17B4 and <= 0x17B5)
        or (>= 0x180B and <= 0x180F) or (>= 0xFE00 and <= 0xFE0F) or (>= 0xFFF0 and <= 0xFFF8) or (>= 0xE0000 and <= 0xE0FFF);

    // Signs that join consonants: canonical combining class 9.
    private static bool IsVirama(int c) => c is 0x094D or 0x09CD or 0x0A4D or 0x0ACD or 0x0B4D or 0x0BCD or 0x0C4D or 0x0CCD or 0x0D4D
        or 0x0DCA or 0x0E3A or 0x0EBA or 0x0F84 or 0x1039 or 0x103A or 0x1714 or 0x1734 or 0x17D2 or 0x1A60 or 0x1B44 or 0x1BAA;

    // Arabic, Syriac, N'Ko, Mongolian.
    private static bool IsCursive(int c) => c is (>= 0x0620 and <= 0x06FF) or (>= 0x0700 and <= 0x077F) or (>= 0x07C0 and <= 0x07FF)
        or (>= 0x0860 and <= 0x08FF) or (>= 0x1820 and <= 0x18AA);

    private static bool MixesAlphabets(Rune[] runes)
    {
        bool latin = false, cyrillic = false, greek = false;
        foreach (var rune in runes)
        {
            latin |= IsLatin(rune.Value) && Rune.IsLetter(rune);
            cyrillic |= IsCyrillic(rune.Value);
            greek |= IsGreek(rune.Value) && Rune.IsLetter(rune);
        }
        return latin && (cyrillic || greek);
    }

    private static bool IsLatin(int c) => c is (>= 'A' and <= 'Z') or (>= 'a' and <= 'z') or (>= 0xAA and <= 0x02AF and not 0xB5)
        or (>= 0x1D00 and <= 0x1D25) or (>= 0x1E00 and <= 0x1EFF) or (>= 0x2C60 and <= 0x2C7F) or (>= 0xA722 and <= 0xA7FF)
        or (>= 0xAB30 and <= 0xAB64) or (>= 0xFF21 and <= 0xFF3A) or (>= 0xFF41 and <= 0xFF5A);

    private static bool IsCyrillic(int c) => c is (>= 0x0400 and <= 0x052F) or (>= 0x1C80 and <= 0x1C8F) or (>= 0x2DE0 and <= 0x2DFF)
        or (>= 0xA640 and <= 0xA69F) or (>= 0x1E030 and <= 0x1E08F);

    private static bool IsGreek(int c) => c is 0xB5 or (>= 0x0370 and <= 0x03FF) or (>= 0x1F00 and <= 0x1FFF) or 0x2126;

    private static string CollapseSpaces(string name)
    {
        var collapsed = new StringBuilder(name.Length);
        foreach (var c in name.Trim())
        {
            var isSpace = char.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator;
            if (!isSpace)
                collapsed.Append(c);
            else if (collapsed[^1] != ' ')
                collapsed.Append(' ');
        }
        return collapsed.ToString();
    }

    // Normalization throws for a lone surrogate and for a noncharacter.
    private static bool CanBeNormalized(string s)
    {
        for (var i = 0; i < s.Length; i++)
        {
            if (!Rune.TryGetRuneAt(s, i, out var rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.OtherNotAssigned)
                return false;
            i += rune.Utf16SequenceLength - 1;
        }
        return true;
    }
}
