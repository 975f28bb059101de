using System.Text;
using System.Text.Json;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.Tests.RoomHost.Rooms;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain é 漢 😀 / < > & ' \u007f \u2028", "plain é 漢 😀 / < > & ' \u007f \u2028")]
    [InlineData("\"\\", """\"\\""")]
    [InlineData("\n\r\t\b\f", """\n\r\t\b\f""")]
    [InlineData("\u0000\u000b\u001f", """\u0000\u000b\u001f""")]
    [InlineData("a\nb\"c", """a\nb\"c""")]
    public void Only_characters_that_JSON_requires_to_be_escaped_are_escaped(string text, string escaped) =>
        Assert.Equal(escaped, Encoding.UTF8.GetString(JsonText.Escape(text)));

    [Fact]
    public void Every_character_is_unchanged_after_escaping_and_parsing()
    {
        var text = new StringBuilder();
        for (var c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 97)
        {
            if (Rune.IsValid(c))
                text.Append(new Rune(c));
        }
        Assert.Equal($"{text}", JsonSerializer.Deserialize<string>($"\"{Encoding.UTF8.GetString(JsonText.Escape($"{text}"))}\""));
        Assert.Equal($"{text}".EnumerateRunes().Count(), JsonText.CountCharacters(Encoding.UTF8.GetBytes($"{text}")));
    }
}
