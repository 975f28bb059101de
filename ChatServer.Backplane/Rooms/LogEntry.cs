using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ChatServer.Backplane.Rooms;

/// <summary>
/// One entry of a room's log in Redis: a message key of <see cref="KeyLength"/> characters, by which a later host detects a message that is
/// sent again, then the event in JSON, exactly as members receive it.
/// </summary>
/// <param name="Key">Base64url of a 128-bit hash of session and id; <see cref="EmptyKey"/> for an event that is no message.</param>
/// <param name="Event">
/// UTF-8 JSON with <c>type</c>, <c>seq</c>, <c>time</c>, … The first <c>"seq":</c> in it must be that of the event, because scripts
/// search for it.
/// </param>
public readonly record struct LogEntry(string Key, ReadOnlyMemory<byte> Event)
{
    /// <summary>Bytes before the JSON: 128 bits in base64url.</summary>
    public const int KeyLength = 22;

    /// <summary>The key of an event that is no message, <see cref="KeyLength"/> characters long.</summary>
    public const string EmptyKey = "----------------------";

    /// <summary>Parses an entry. An entry that is too short becomes an event of an unknown type, so that it keeps its place.</summary>
    internal static LogEntry Parse(ReadOnlyMemory<byte> stored, long seq) => stored.Length >= KeyLength
        ? new(Encoding.ASCII.GetString(stored.Span[..KeyLength]), stored[KeyLength..])
        : new("", Unreadable(seq));

    /// <summary>
    /// Reads the event for a caller of the HTTP API. An entry of another program becomes an event of an unknown type, which clients ignore.
    /// </summary>
    /// <param name="seq">Its place in the log.</param>
    public JsonElement ReadEvent(long seq)
    {
        try
        {
            var read = JsonElement.Parse(Event.Span);
            if (read.ValueKind == JsonValueKind.Object) return read;
        }
        catch (JsonException)
        {
            // As any other value that is not an event.
        }
        return JsonElement.Parse(Unreadable(seq));
    }

    private static byte[] Unreadable(long seq) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"type":"unreadable","seq":{{seq}}}"""));
}
