using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.RoomHost.Moderation;

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

    /// <summary>
    /// Bytes of a message's event beside sender, id and text: names, quotes, 20 digits of sequence, 24 characters of time.
    /// </summary>
    public const int MaxMessageOverheadBytes = 128;

    /// <summary>The properties <c>user</c> and <c>uid</c> of a sender's events.</summary>
    public static byte[] Sender(string user, string uid) =>
        [.. "\"user\":\""u8, .. JsonText.Escape(user), .. "\",\"uid\":\""u8, .. JsonText.Escape(uid), .. "\""u8];

    /// <summary>Writes a <c>message</c>; id and text are escaped already. Returns its length.</summary>
    /// <param name="destination">Receives the event.</param>
    /// <param name="seq">Its sequence.</param>
    /// <param name="time">Its time: <see cref="WriteTime"/>.</param>
    /// <param name="sender">Its sender: <see cref="Sender"/>.</param>
    /// <param name="id">The sender's id of the message.</param>
    /// <param name="text">The text.</param>
    public static int WriteMessage(
        Span<byte> destination, long seq, ReadOnlySpan<byte> time, ReadOnlySpan<byte> sender, ReadOnlySpan<byte> id,
        ReadOnlySpan<byte> text)
    {
        var writer = new SpanWriter(destination);
        writer.Write("{\"type\":\"message\",\"seq\":"u8);
        writer.Write(seq);
        writer.Write(",\"time\":\""u8);
        writer.Write(time);
        writer.Write("\","u8);
        writer.Write(sender);
        writer.Write(",\"id\":\""u8);
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
        RoomRecord room, Seat seat, MemberIdentity identity, long seq, bool resumed, int count, IReadOnlyCollection<Seat> members,
        ReadOnlySpan<byte> limits) =>
        Write("welcome", limits, (json, limits) =>
        {
            json.WriteString("room", room.Name);
            json.WriteString("title", room.Options.Title ?? room.Name);
            json.WriteString("user", seat.Name);
            json.WriteString("uid", seat.Uid);
            json.WriteString("session", identity.Session);
            WriteStrings(json, "permissions", PermissionNames.Format(identity.Permissions));
            json.WriteString("epoch", room.Epoch);
            json.WriteNumber("seq", seq);
            json.WriteBoolean("resumed", resumed);
            json.WriteNumber("count", count);
            WriteNames(json, "members", members);
            WritePeople(json, members);
            json.WritePropertyName("limits");
            json.WriteRawValue(limits, skipInputValidation: true);
        });

    public static ReadOnlySpan<byte> Presence(int count, IReadOnlyCollection<Seat> joined, IReadOnlyCollection<Seat> left) =>
        Write("presence", default, (json, _) =>
        {
            json.WriteNumber("count", count);
            WriteNames(json, "joined", joined);
            WriteNames(json, "left", left);
            WritePeople(json, joined);
        });

    /// <summary>A <c>presence</c> for members that may have missed changes: with all names, if there are not too many.</summary>
    public static ReadOnlySpan<byte> PresenceOfAll(int count, IReadOnlyCollection<Seat> members) =>
        Write("presence", default, (json, _) =>
        {
            json.WriteNumber("count", count);
            WriteNames(json, "joined", []);
            WriteNames(json, "left", []);
            if (count <= Limits.MaxNamedMembers)
                WriteNames(json, "members", members);
            WritePeople(json, count <= Limits.MaxNamedMembers ? members : []);
        });

    /// <summary>The <c>room</c> event; false if no option changed that members see.</summary>
    public static bool TryWriteChanges(string name, RoomOptions before, RoomOptions after, out ReadOnlySpan<byte> changes)
    {
        var (title, isTitleChanged) = (after.Title ?? name, after.Title != before.Title);
        var (isSlowModeChanged, isMaximumChanged) =
            (after.SlowModeSeconds != before.SlowModeSeconds, after.MaxMembers != before.MaxMembers);
        changes = Write("room", default, (json, _) =>
        {
            if (isTitleChanged)
                json.WriteString("title", title);
            if (isSlowModeChanged)
                json.WriteNumber("slowModeSeconds", after.SlowModeSeconds);
            if (isMaximumChanged)
                json.WriteNumber("maxMembers", after.MaxMembers);
        });
        return isTitleChanged || isSlowModeChanged || isMaximumChanged;
    }

    public static ReadOnlySpan<byte> Typing(IEnumerable<string> users) =>
        Write("typing", default, (json, _) => WriteStrings(json, "users", users));

    public static ReadOnlySpan<byte> Error(string code, string message, ReadOnlySpan<byte> escapedId, TimeSpan? retryAfter = null) =>
        Write("error", escapedId, (json, id) =>
        {
            json.WriteString("code", code);
            json.WriteString("message", message);
            WriteId(json, id);
            if (retryAfter is { } wait)
                json.WriteNumber("retryAfterMs", (long)Math.Ceiling(wait.TotalMilliseconds));
        });

    /// <summary>The <c>error</c> for a member that is muted; with an id if it sent a message.</summary>
    public static ReadOnlySpan<byte> Muted(ActiveSanction mute, ReadOnlySpan<byte> escapedId)
    {
        var until = mute.Remaining is { } remaining ? $" for {Math.Ceiling(remaining.TotalSeconds)} s" : "";
        var reason = mute.Sanction.Reason is { } stated ? $": {stated}" : ".";
        return Error(RoomErrorCodes.Muted, $"You are muted{until}{reason}", escapedId, mute.Remaining);
    }

    /// <summary>The <c>deleted</c> event of one or several messages.</summary>
    public static ReadOnlySpan<byte> Deleted(long seq, string time, IReadOnlyList<long> targets, string by, ReadOnlySpan<byte> escapedId) =>
        Write("deleted", escapedId, (json, id) =>
        {
            json.WriteNumber("seq", seq);
            json.WriteString("time", time);
            if (targets.Count == 1)
            {
                json.WriteNumber("target", targets[0]);
            }
            else
            {
                json.WriteStartArray("targets");
                foreach (var target in targets)
                    json.WriteNumberValue(target);
                json.WriteEndArray();
            }
            json.WriteString("by", by);
            WriteId(json, id);
        });

    /// <summary>The frame <paramref name="escapedId"/> was carried out.</summary>
    public static ReadOnlySpan<byte> Done(ReadOnlySpan<byte> escapedId) => Write("done", escapedId, WriteId);

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

    private static void WriteNames(Utf8JsonWriter json, string property, IReadOnlyCollection<Seat> seats)
    {
        json.WriteStartArray(property);
        foreach (var seat in seats)
            json.WriteStringValue(seat.Name);
        json.WriteEndArray();
    }

    private static void WriteStrings(Utf8JsonWriter json, string property, IEnumerable<string> values)
    {
        json.WriteStartArray(property);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void WritePeople(Utf8JsonWriter json, IReadOnlyCollection<Seat> seats)
    {
        json.WriteStartArray("people");
        foreach (var seat in seats)
        {
            json.WriteStartObject();
            json.WriteString("user", seat.Name);
            json.WriteString("uid", seat.Uid);
            if (seat.Profile is { } profile)
            {
                json.WritePropertyName("profile");
                json.WriteRawValue(profile, skipInputValidation: true);
            }
            if (seat.Permissions != (Permissions.Read | Permissions.Write))
                WriteStrings(json, "permissions", PermissionNames.Format(seat.Permissions));
            json.WriteEndObject();
        }
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
