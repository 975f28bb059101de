namespace ChatServer.Backplane;

/// <summary>
/// One entry of a room's log as Redis holds it: <see cref="KeyLength"/> characters that name who said it under which id
/// (so that a new host knows what was said already), then the event exactly as members get it, in JSON.
/// </summary>
/// <param name="Key">Base64url of a 128-bit hash of session and id; <see cref="EmptyKey"/> for what no member said.</param>
/// <param name="Event">UTF-8 JSON with <c>type</c>, <c>seq</c>, <c>time</c>, … The first <c>"seq":</c> in it is its own: scripts look for that.</param>
public readonly record struct LogEntry(string Key, ReadOnlyMemory<byte> Event)
{
    /// <summary>Bytes before the JSON.</summary>
    public const int KeyLength = 22;

    /// <summary>In place of a key, where there is nothing to recognize.</summary>
    public const string EmptyKey = "----------------------";

    /// <summary>Reads an entry. One that is too short to be one keeps its place: as an event of a type that nobody knows.</summary>
    internal static LogEntry Parse(ReadOnlyMemory<byte> stored, long seq) => stored.Length < KeyLength
        ? new("", System.Text.Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""{"type":"unreadable","seq":{{seq}}}""")))
        : new(System.Text.Encoding.ASCII.GetString(stored.Span[..KeyLength]), stored[KeyLength..]);
}
