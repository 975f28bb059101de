using System.Text.Json;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>Reads sequences in a broadcast.</summary>
internal static class EventSeq
{
    /// <summary>The value of <c>seq</c>; 0 if the event is not in the log.</summary>
    public static long Of(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isSeq = reader.ValueTextEquals("seq"u8);
            reader.Read();
            if (isSeq)
                return reader.GetInt64();
            reader.Skip();
        }
        return 0;
    }

    /// <summary>The messages whose texts this event removes; none unless it is a <c>deleted</c> event.</summary>
    public static IReadOnlyList<long> DeletedBy(ReadOnlySpan<byte> json)
    {
        if (!json.StartsWith("{\"type\":\"deleted\""u8)) // as the room writes it
            return [];
        var deleted = JsonElement.Parse(json);
        return deleted.TryGetProperty("targets", out var targets)
            ? [.. targets.EnumerateArray().Select(target => target.GetInt64())]
            : [deleted.GetProperty("target").GetInt64()];
    }
}
