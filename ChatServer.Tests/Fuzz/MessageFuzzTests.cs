using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;
using CsCheck;

namespace ChatServer.Tests.Fuzz;

/// <summary>The parser of client frames, with System.Text.Json as the oracle.</summary>
public sealed class MessageFuzzTests
{
    private const int MaxTextLength = 20;

    [Fact]
    public void Frame_is_read_as_System_Text_Json_reads_it() =>
        Fuzzing.Mutations(Fuzzing.Corpus("messages").Select(Encoding.UTF8.GetBytes)).Where(bytes => Utf8.IsValid(bytes)).Check(
            utf8 => Assert.Equal(Expect(utf8), Read(utf8)), Encoding.UTF8.GetString);

    private static string Read(byte[] utf8)
    {
        var frame = ClientFrame.Parse(utf8, new byte[ClientFrame.ScratchBytes(utf8.Length)], MaxTextLength);
        return frame.Kind switch
        {
            ClientFrameKind.Invalid => frame.Error,
            ClientFrameKind.Message => $"message {Unescape(frame.Id)} {Unescape(frame.Text)}",
            ClientFrameKind.Ping => $"ping {Unescape(frame.Id)}",
            _ => $"{frame.Kind}",
        };
    }

    // Spans of a frame can be written between quotes.
    private static string Unescape(ReadOnlySpan<byte> escaped) =>
        JsonSerializer.Deserialize<string>((byte[])[(byte)'"', .. escaped, (byte)'"'])!;

    private static string Expect(byte[] utf8)
    {
        JsonDocument json;
        try
        {
            json = JsonDocument.Parse(utf8);
        }
        catch (JsonException)
        {
            return RoomErrorCodes.InvalidJson;
        }
        using (json)
        {
            if (json.RootElement.ValueKind != JsonValueKind.Object) return RoomErrorCodes.InvalidJson;
            var (id, text) = (Text(json, "id"), Text(json, "text"));
            return Text(json, "type") switch
            {
                "typing" => $"{ClientFrameKind.Typing}",
                "ping" => id is null ? "ping " : Length(id) <= Limits.MaxIdLength ? $"ping {id}" : RoomErrorCodes.InvalidMessage,
                "message" when id is null or "" || Length(id) > Limits.MaxIdLength || text is null or "" => RoomErrorCodes.InvalidMessage,
                "message" => Length(text) > MaxTextLength ? RoomErrorCodes.TooLong : $"message {id} {text}",
                _ => RoomErrorCodes.UnknownType,
            };
        }
    }

    /// <summary>The last member of the name; null if it is no string, or one that UTF-8 cannot express.</summary>
    private static string? Text(JsonDocument json, string name)
    {
        // Names are compared as they are, so a name that is no valid string is another one.
        var member = json.RootElement.EnumerateObject().LastOrDefault(member => member.NameEquals(name));
        if (member.Value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return member.Value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // half of a surrogate pair
        }
    }

    private static int Length(string text) => text.EnumerateRunes().Count();
}
