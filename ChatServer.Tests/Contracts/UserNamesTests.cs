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

    // Not beside the others: what carries a test's arguments to it would mend this one.
    [Fact]
    public void Unpaired_surrogate_in_a_name_is_invalid() => Assert.Null(UserNames.Normalize("a\ud83e"));

    [Fact]
    public void Length_is_counted_in_characters_of_the_normalized_name() =>
        Assert.Equal(32, UserNames.Normalize(string.Concat(Enumerable.Repeat("e\u0308", 32)))!.Length);
}
