using ChatServer.Contracts;

namespace ChatServer.Tests.Contracts;

public sealed class UserNamesTests
{
    [Theory]
    [InlineData("Zoe\u0308", "Zo\u00eb")]
    [InlineData("  Ana\t", "Ana")]
    [InlineData("\ud83e\uded6", "\ud83e\uded6")]
    public void A_name_is_trimmed_and_in_nfc(string given, string name) => Assert.Equal(name, UserNames.Normalize(given));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" \u00a0")]
    [InlineData("a\u0007b")]
    [InlineData("123456789012345678901234567890123")]
    public void Empty_too_long_or_unprintable_name_is_invalid(string? given) => Assert.Null(UserNames.Normalize(given));

    // Not a theory argument: the test runner would repair the lone surrogate.
    [Fact]
    public void Unpaired_surrogate_in_a_name_is_invalid() => Assert.Null(UserNames.Normalize("a\ud83e"));

    [Fact]
    public void Length_is_counted_in_characters_of_the_normalized_name() =>
        Assert.Equal(32, UserNames.Normalize(string.Concat(Enumerable.Repeat("e\u0308", 32)))!.Length);

    [Theory]
    [InlineData("a\u200bb", "zero-width space")]
    [InlineData("ab\u200d", "joiner at the end")]
    [InlineData("a\u200db", "joiner between Latin letters")]
    [InlineData("\u202eann", "right-to-left override")]
    [InlineData("ann\u2066", "isolate")]
    [InlineData("\u2060ann", "word joiner")]
    [InlineData("a\u00adnn", "soft hyphen")]
    [InlineData("ann\ufe0f", "variation selector after a letter")]
    [InlineData("\u3164", "Hangul filler")]
    [InlineData("\u115f\u1160", "Hangul fillers")]
    [InlineData("a\u034fb", "grapheme joiner")]
    [InlineData("ann\ufffe", "noncharacter")]
    [InlineData("ann\u0378", "unassigned")]
    [InlineData("ann\udb40\udc61", "tag character")]
    [InlineData("a\u2028b", "line separator")]
    [InlineData("a\u0316\u0317\u0318\u0319\u031c", "five combining marks")]
    [InlineData("\u0430nn", "Cyrillic and Latin")]
    [InlineData("\u03b1nn", "Greek and Latin")]
    [InlineData("\u0301\u0302", "only combining marks")]
    public void Deceptive_name_is_invalid(string name, string reason) => Assert.True(UserNames.Normalize(name) is null, reason);

    [Theory]
    [InlineData("Анна Каренина")]
    [InlineData("Ελένη")]
    [InlineData("Ngô 越南")]
    [InlineData("Nguyễn Thị Ánh")]
    [InlineData("علی\u200cرضا")]
    [InlineData("क्\u200dष")]
    [InlineData("שָׁלוֹם")]
    [InlineData("👩\u200d👩\u200d👧")]
    [InlineData("❤\ufe0f Ann")]
    [InlineData("a\u0316\u0317\u0318\u0319")]
    [InlineData("O'Neil-Smith, Jr.")]
    public void Name_of_any_language_is_valid(string name) => Assert.Equal(name, UserNames.Normalize(name));

    [Theory]
    [InlineData("Ann", "ann")]
    [InlineData("ann", "\uff41\uff4e\uff4e")]
    [InlineData("ann  lee", "Ann\u3000Lee")]
    [InlineData("Ελένη", "ΕΛΈΝΗ")]
    [InlineData("\ufb01n", "FIN")]
    public void Names_that_RFC_8266_compares_as_equal_have_one_key(string one, string other) =>
        Assert.Equal(UserNames.KeyOf(UserNames.Normalize(one)!), UserNames.KeyOf(UserNames.Normalize(other)!));

    [Fact]
    public void Different_names_have_different_keys() => Assert.NotEqual(UserNames.KeyOf("ann"), UserNames.KeyOf("anne"));
}
