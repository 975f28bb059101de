using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ChatServer.Client.Connections;

/// <summary>Writes the frames of a member.</summary>
internal static class ClientFrames
{
    // Minimal escaping: a text of 4,000 characters must fit into a frame.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static ReadOnlySpan<byte> Ping => """{"type":"ping"}"""u8;

    public static ReadOnlySpan<byte> Typing => """{"type":"typing"}"""u8;

    public static void WriteToken(IBufferWriter<byte> frame, string id, string token)
    {
        using var json = new Utf8JsonWriter(frame, Json);
        json.WriteStartObject();
        json.WriteString("type"u8, "token"u8);
        json.WriteString("id"u8, id);
        json.WriteString("token"u8, token);
        json.WriteEndObject();
    }

    public static void WriteCommand(IBufferWriter<byte> frame, string id, ClientCommand command)
    {
        using var json = new Utf8JsonWriter(frame, Json);
        json.WriteStartObject();
        json.WriteString("type"u8, command.Type);
        json.WriteString("id"u8, id);
        if (command.Target is { } target)
            json.WriteNumber("target"u8, target);
        if (command.Uid is { } uid)
            json.WriteString("uid"u8, uid);
        if (command.Seconds is { } seconds)
            json.WriteNumber("seconds"u8, seconds);
        if (command.Reason is { } reason)
            json.WriteString("reason"u8, reason);
        json.WriteEndObject();
    }

    public static void WriteMessage(IBufferWriter<byte> frame, string id, string text)
    {
        using var json = new Utf8JsonWriter(frame, Json);
        json.WriteStartObject();
        json.WriteString("type"u8, "message"u8);
        json.WriteString("id"u8, id);
        json.WriteString("text"u8, text);
        json.WriteEndObject();
    }
}
