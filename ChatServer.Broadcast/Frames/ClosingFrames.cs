using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ChatServer.Broadcast.Frames;

/// <summary>The last frames of a connection: a <c>closing</c> event and a Close frame.</summary>
internal static class ClosingFrames
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A <c>closing</c> event, then a Close frame.</summary>
    public static byte[] Of(ushort code, string reason, bool reconnect)
    {
        var json = ClosingEvent(reason, reconnect);
        var close = FrameWriter.Close(code, reason);
        var frames = new byte[FrameWriter.HeaderLength(json.Length) + json.Length + close.Length];
        var header = FrameWriter.WriteHeader(frames, FrameOpcode.Text, json.Length);
        json.CopyTo(frames.AsSpan(header));
        close.CopyTo(frames.AsSpan(header + json.Length));
        return frames;
    }

    private static ReadOnlySpan<byte> ClosingEvent(string reason, bool reconnect)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Json);
        json.WriteStartObject();
        json.WriteString("type", "closing");
        json.WriteString("reason", reason);
        json.WriteBoolean("reconnect", reconnect);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }
}
