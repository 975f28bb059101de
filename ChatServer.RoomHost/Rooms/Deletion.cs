using System.Buffers;
using System.Text.Json;
using ChatServer.Broadcast.Members;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// A deletion of messages on its way into the log: the <c>deleted</c> event, and the messages without their texts, which replace the logged
/// ones in the same append.
/// </summary>
/// <param name="messages">The messages: sequence and JSON. At most 1,000.</param>
/// <param name="by"><c>author</c>, <c>moderator</c> or <c>backend</c>.</param>
/// <param name="escapedId">The id of the command of a member; empty if there is none.</param>
internal sealed class Deletion(IReadOnlyList<(long Seq, byte[] Json)> messages, string by, byte[] escapedId)
{
    /// <summary>The messages without their texts; empty until <see cref="Encode"/>.</summary>
    public IReadOnlyList<(long Seq, ReadOnlyMemory<byte> Json)> Rewritten { get; private set; } = [];

    /// <summary>Encodes the event, which has this place in the log.</summary>
    public ReadOnlySpan<byte> Encode(long seq, ReadOnlySpan<byte> time)
    {
        var at = System.Text.Encoding.ASCII.GetString(time);
        Rewritten = [.. messages.Select(message => (message.Seq, (ReadOnlyMemory<byte>)WithoutText(message.Json, seq, at)))];
        return EventJson.Deleted(seq, at, [.. messages.Select(message => message.Seq)], by, escapedId);
    }

    /// <summary>Removes the texts from what the room has in memory: the log has the event.</summary>
    public void Apply(Broadcaster broadcaster)
    {
        foreach (var (seq, json) in Rewritten)
        {
            broadcaster.Ring.Replace(seq, json.Span);
            broadcaster.EraseText(seq);
        }
    }

    private byte[] WithoutText(byte[] message, long seq, string time)
    {
        var buffer = new ArrayBufferWriter<byte>(message.Length + 128);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = ContractJson.Options.Encoder });
        json.WriteStartObject();
        foreach (var property in JsonElement.Parse(message).EnumerateObject())
        {
            if (property.NameEquals("text"u8))
                json.WriteString("text", "");
            else if (!property.NameEquals("edited"u8))
                property.WriteTo(json);
        }
        json.WriteStartObject("deleted");
        json.WriteNumber("seq", seq);
        json.WriteString("time", time);
        json.WriteString("by", by);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
