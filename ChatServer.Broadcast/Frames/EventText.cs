using System.Text.Json;

namespace ChatServer.Broadcast.Frames;

/// <summary>The text in the JSON of an event.</summary>
internal static class EventText
{
    /// <summary>
    /// Makes <c>text</c> an empty string, in place: white space at the end keeps the length. No effect if there is no text.
    /// </summary>
    public static void Blank(Span<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isText = reader.ValueTextEquals("text"u8);
            reader.Read();
            if (isText && reader.TokenType == JsonTokenType.String)
            {
                var (start, end) = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
                var rest = json[end..];
                "\"\""u8.CopyTo(json[start..]);
                rest.CopyTo(json[(start + 2)..]);
                json[(start + 2 + rest.Length)..].Fill((byte)' ');
                return;
            }
            reader.Skip();
        }
    }
}
