using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Writes the room's events as JSON. Frequent events are written by hand into memory of the caller, the others by the library into a buffer
/// of the thread: their bytes are valid until the thread's next event.
/// </summary>
internal static class EventJson
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Bytes of a message's event beside user, id and text: names, quotes, 20 digits of sequence, 24 characters of time.</summary>
    public const int MaxMessageOverheadBytes = 128;

    /// <summary>Writes a <c>message</c>; user, id and text are escaped already. Returns its length.</summary>
    public static int WriteMessage(
        Span<byte> destination, long seq, ReadOnlySpan<byte> time, ReadOnlySpan<byte> user, ReadOnlySpan<byte> id, ReadOnlySpan<byte> text)
    {
        var writer = new SpanWriter(destination);
        writer.Write("{\"type\":\"message\",\"seq\":"u8);
        writer.Write(seq);
        writer.Write(",\"time\":\""u8);
        writer.Write(time);
        writer.Write("\",\"user\":\""u8);
        writer.Write(user);
        writer.Write("\",\"id\":\""u8);
        writer.Write(id);
        writer.Write("\",\"text\":\""u8);
        writer.Write(text);
        writer.Write("\"}"u8);
        return writer.Length;
    }

    /// <summary>Writes an <c>announcement</c>; the text is escaped already. Returns its length.</summary>
    public static int WriteAnnouncement(Span<byte> destination, long seq, ReadOnlySpan<byte> time, ReadOnlySpan<byte> text)
    {
        var writer = new SpanWriter(destination);
        writer.Write("{\"type\":\"announcement\",\"seq\":"u8);
        writer.Write(seq);
        writer.Write(",\"time\":\""u8);
        writer.Write(time);
        writer.Write("\",\"text\":\""u8);
        writer.Write(text);
        writer.Write("\"}"u8);
        return writer.Length;
    }

    /// <summary>Length of <see cref="WriteTime"/>'s output: <c>2026-01-31T23:59:59.999Z</c>.</summary>
    public const int TimeBytes = 24;

    /// <summary>Writes a time as the events have it: ISO 8601, UTC, milliseconds.</summary>
    public static void WriteTime(Span<byte> destination, DateTimeOffset time) =>
        time.UtcDateTime.TryFormat(destination, out _, "yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);

    public static ReadOnlySpan<byte> Welcome(
        string room, string title, string user, string session, string epoch, long seq, bool resumed,
        int count, IEnumerable<string> members, ReadOnlySpan<byte> limits) =>
        Write("welcome", limits, (json, limits) =>
        {
            json.WriteString("room", room);
            json.WriteString("title", title);
            json.WriteString("user", user);
            json.WriteString("session", session);
            json.WriteString("epoch", epoch);
            json.WriteNumber("seq", seq);
            json.WriteBoolean("resumed", resumed);
            json.WriteNumber("count", count);
            json.WriteStartArray("members");
            foreach (var member in members)
                json.WriteStringValue(member);
            json.WriteEndArray();
            json.WritePropertyName("limits");
            json.WriteRawValue(limits, skipInputValidation: true);
        });

    public static ReadOnlySpan<byte> Presence(int count, IEnumerable<string> joined, IEnumerable<string> left) =>
        Write("presence", default, (json, _) =>
        {
            json.WriteNumber("count", count);
            WriteNames(json, "joined", joined);
            WriteNames(json, "left", left);
        });

    public static ReadOnlySpan<byte> Typing(IEnumerable<string> users) =>
        Write("typing", default, (json, _) => WriteNames(json, "users", users));

    public static ReadOnlySpan<byte> Error(string code, string message, ReadOnlySpan<byte> escapedId) =>
        Write("error", escapedId, (json, id) =>
        {
            json.WriteString("code", code);
            json.WriteString("message", message);
            WriteId(json, id);
        });

    public static ReadOnlySpan<byte> Pong(ReadOnlySpan<byte> escapedId) =>
        Write("pong", escapedId, WriteId);

    /// <summary>The <c>limits</c> of a welcome.</summary>
    public static byte[] WelcomeLimits(RoomHostOptions options) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            options.MaxFrameBytes,
            options.MaxTextLength,
            options.MessagesPerSecond,
            options.MessageBurst,
            options.ConnectionsPerSecond,
            HandshakeSeconds = (int)options.HandshakeTimeout.TotalSeconds,
            PingSeconds = (int)options.PingInterval.TotalSeconds,
            SilenceSeconds = (int)options.SilenceTimeout.TotalSeconds,
            options.RoomBufferBytes,
        },
        ContractJson.Options);

    private delegate void WriteProperties(Utf8JsonWriter json, ReadOnlySpan<byte> raw);

    // Valid until the thread's next event.
    private static ReadOnlySpan<byte> Write(string type, ReadOnlySpan<byte> raw, WriteProperties members)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1024);
        buffer.ResetWrittenCount();
        using var json = new Utf8JsonWriter(buffer, Json);
        json.WriteStartObject();
        json.WriteString("type", type);
        members(json, raw);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan;
    }

    private static void WriteNames(Utf8JsonWriter json, string property, IEnumerable<string> names)
    {
        json.WriteStartArray(property);
        foreach (var name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }

    private static void WriteId(Utf8JsonWriter json, ReadOnlySpan<byte> escapedId)
    {
        if (escapedId.IsEmpty)
            return;
        json.WritePropertyName("id");
        Span<byte> quoted = stackalloc byte[escapedId.Length + 2];
        quoted[0] = quoted[^1] = (byte)'"';
        escapedId.CopyTo(quoted[1..]);
        json.WriteRawValue(quoted, skipInputValidation: true);
    }

    private ref struct SpanWriter(Span<byte> destination)
    {
        private readonly Span<byte> _destination = destination;

        public int Length { get; private set; }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_destination[Length..]);
            Length += bytes.Length;
        }

        public void Write(long number)
        {
            Utf8Formatter.TryFormat(number, _destination[Length..], out var written);
            Length += written;
        }
    }
}
