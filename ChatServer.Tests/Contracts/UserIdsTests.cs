using ChatServer.Contracts;

namespace ChatServer.Tests.Contracts;

public sealed class UserIdsTests
{
    [Theory]
    [InlineData("7", true)]
    [InlineData("auth0|5f7c8ec7c33c6c004bbafe82", true)]
    [InlineData("ada@example.com", true)]
    [InlineData("Ada Lovelace", true)]
    [InlineData("Ольга", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("~a", false)]
    [InlineData("@a", false)]
    [InlineData(" a", false)]
    [InlineData("a\n", false)]
    [InlineData("a\u200B", false)]
    public void Id_begins_with_a_letter_or_a_digit(string? uid, bool isValid) => Assert.Equal(isValid, UserIds.IsValid(uid));

    // Not test data of a theory: xunit replaces a lone surrogate.
    [Fact]
    public void Id_has_no_lone_surrogate()
    {
        Assert.False(UserIds.IsValid("a\uD800"));
        Assert.False(UserIds.IsValid("\uD800a"));
    }

    [Fact]
    public void Id_has_at_most_64_characters()
    {
        Assert.True(UserIds.IsValid(new string('a', 64)));
        Assert.False(UserIds.IsValid(new string('a', 65)));
        Assert.True(UserIds.IsValid("a" + string.Concat(Enumerable.Repeat("😀", 63))));
    }

    [Theory]
    [InlineData("user-42", true)]
    [InlineData("@robot", true)]
    [InlineData("@ robot", false)]
    [InlineData("@", false)]
    [InlineData("~abcdefghijklmnop", true)]
    [InlineData("~abcdefghijklmno", false)]
    [InlineData("~abcdefghijklmno+", false)]
    [InlineData("#a", false)]
    public void Id_of_any_sender_has_one_of_three_forms(string uid, bool canExist) => Assert.Equal(canExist, UserIds.CanExist(uid));

    [Fact]
    public void Id_of_a_session_depends_on_secret_and_session()
    {
        var uid = UserIds.OfSession("secret"u8, "0123456789abcdef");
        Assert.True(UserIds.CanExist(uid) && UserIds.IsOfSession(uid));
        Assert.Equal(uid, UserIds.OfSession("secret"u8, "0123456789abcdef"));
        Assert.NotEqual(uid, UserIds.OfSession("secret"u8, "0123456789abcdeg"));
        Assert.NotEqual(uid, UserIds.OfSession("Secret"u8, "0123456789abcdef"));
    }
}
