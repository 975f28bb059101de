using System.Buffers;
using System.Text.Json;
using ChatServer.Contracts;
using ChatServer.RoomHost.Moderation;

namespace ChatServer.RoomHost.Rooms;

internal enum ClientFrameKind
{
    /// <summary>Refused; see <see cref="ClientFrame.Error"/>.</summary>
    Invalid,
    Message,
    Typing,
    Ping,

    /// <summary>A newer join token.</summary>
    Token,

    /// <summary>A command: see <see cref="MemberCommand"/>.</summary>
    Command,
}

/// <summary>
/// A frame of a client, parsed in place: the spans point into the received bytes, or into <c>scratch</c> if a string contained escapes.
/// They are JSON-escaped already, ready to be written between quotes.
/// </summary>
internal readonly ref struct ClientFrame
{
    // Bytes that end a string or need the JSON reader: quote, backslash, and control characters, which JSON does not allow in a string.
    private static readonly SearchValues<byte> NeedsJsonReader =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(c => (byte)c), (byte)'"', (byte)'\\']);

    public ClientFrameKind Kind { get; private init; }

    /// <summary>If invalid: one of <see cref="RoomErrorCodes"/>.</summary>
    public string Error { get; private init; }

    /// <summary>If invalid: the reason, for a person.</summary>
    public string Detail { get; private init; }

    /// <summary>The client's id of the frame; empty if it is missing or has a wrong length.</summary>
    public ReadOnlySpan<byte> Id { get; private init; }

    public ReadOnlySpan<byte> Text { get; private init; }

    /// <summary>The token of a <see cref="ClientFrameKind.Token"/>, not verified.</summary>
    public ReadOnlySpan<byte> Token { get; private init; }

    /// <summary>The trace context of a message, not validated; empty if there is none.</summary>
    public ReadOnlySpan<byte> Traceparent { get; private init; }

    /// <summary>
    /// Bytes of scratch that <see cref="Parse"/> needs for a frame of <paramref name="length"/> bytes: to unescape a string only shortens
    /// it, and to escape it again at most restores its length.
    /// </summary>
    public static int ScratchBytes(int length) => 4 * length;

    /// <summary>Parses one frame of valid UTF-8. Unknown members are ignored; of a repeated member the last one counts.</summary>
    public static ClientFrame Parse(ReadOnlySpan<byte> json, Span<byte> scratch, int maxTextLength)
    {
        if (TryParsePlainMessage(json, out var id, out var text))
            return Message(IsId(id) ? id : default, text, default, maxTextLength);
        ReadOnlySpan<byte> type = default, token = default, traceparent = default;
        var typed = false;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return Invalid(RoomErrorCodes.InvalidJson, "A frame is one JSON object.");
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("type"u8))
                    typed = TryReadString(ref reader, ref scratch, out type);
                else if (reader.ValueTextEquals("id"u8))
                    TryReadString(ref reader, ref scratch, out id);
                else if (reader.ValueTextEquals("text"u8))
                    TryReadString(ref reader, ref scratch, out text);
                else if (reader.ValueTextEquals("token"u8))
                    TryReadString(ref reader, ref scratch, out token);
                else if (reader.ValueTextEquals("traceparent"u8))
                    TryReadString(ref reader, ref scratch, out traceparent);
                else
                    reader.Skip();
            }
            if (reader.Read())
                return Invalid(RoomErrorCodes.InvalidJson, "The frame has text after the JSON object.");
        }
        catch (JsonException e)
        {
            return Invalid(RoomErrorCodes.InvalidJson, e.Message);
        }
        catch (InvalidOperationException)
        {
            return Invalid(RoomErrorCodes.InvalidJson, "The name of a member contains a lone surrogate.");
        }

        var knownId = IsId(id) ? id : default;
        if (!typed)
            return Invalid(RoomErrorCodes.UnknownType, "The member type is missing or not a string.", knownId);
        if (type.SequenceEqual("message"u8))
            return Message(knownId, text, traceparent, maxTextLength);
        if (type.SequenceEqual("typing"u8))
            return new ClientFrame { Kind = ClientFrameKind.Typing, Error = "", Detail = "" };
        if (type.SequenceEqual("ping"u8))
        {
            return id.IsEmpty || !knownId.IsEmpty
                ? new ClientFrame { Kind = ClientFrameKind.Ping, Error = "", Detail = "", Id = id }
                : Invalid(RoomErrorCodes.InvalidMessage, $"The id of a ping has at most {Limits.MaxIdLength} characters.");
        }
        if (type.SequenceEqual("token"u8))
        {
            return !token.IsEmpty && (id.IsEmpty || !knownId.IsEmpty)
                ? new ClientFrame { Kind = ClientFrameKind.Token, Error = "", Detail = "", Id = id, Token = token }
                : Invalid(RoomErrorCodes.InvalidMessage, $"A token frame has a token; its id has at most {Limits.MaxIdLength} characters.");
        }
        return MemberCommand.IsCommand(type)
            ? new ClientFrame { Kind = ClientFrameKind.Command, Error = "", Detail = "", Id = knownId }
            : Invalid(RoomErrorCodes.UnknownType, "The type is unknown.", knownId);
    }

    // Fast path for nearly all frames: a message without escapes and white space, its members in the order of the protocol reference.
    private static bool TryParsePlainMessage(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> id, out ReadOnlySpan<byte> text)
    {
        id = text = default;
        if (TrySkip(ref json, "{\"type\":\"message\",\"id\":\""u8)
            && TryReadPlainString(ref json, out id) && TrySkip(ref json, "\",\"text\":\""u8)
            && TryReadPlainString(ref json, out text) && TrySkip(ref json, "\"}"u8) && json.IsEmpty)
            return true;
        id = text = default;
        return false;
    }

    private static bool TrySkip(scoped ref ReadOnlySpan<byte> json, ReadOnlySpan<byte> expected)
    {
        if (!json.StartsWith(expected))
            return false;
        json = json[expected.Length..];
        return true;
    }

    private static bool TryReadPlainString(scoped ref ReadOnlySpan<byte> json, out ReadOnlySpan<byte> value)
    {
        var length = json.IndexOfAny(NeedsJsonReader);
        value = length < 0 ? default : json[..length];
        json = json[value.Length..];
        return length >= 0;
    }

    private static ClientFrame Message(ReadOnlySpan<byte> id, ReadOnlySpan<byte> text, ReadOnlySpan<byte> traceparent, int maxTextLength)
    {
        if (id.IsEmpty)
            return Invalid(RoomErrorCodes.InvalidMessage, $"A message has an id of 1 to {Limits.MaxIdLength} characters.");
        if (text.IsEmpty)
            return Invalid(RoomErrorCodes.InvalidMessage, "A message has a text.", id);
        if (text.Length > maxTextLength && CountCharacters(text) > maxTextLength)
            return Invalid(RoomErrorCodes.TooLong, $"The text is longer than {maxTextLength} characters.", id);
        return new ClientFrame { Kind = ClientFrameKind.Message, Error = "", Detail = "", Id = id, Text = text, Traceparent = traceparent };
    }

    private static ClientFrame Invalid(string error, string detail, ReadOnlySpan<byte> id = default) =>
        new() { Kind = ClientFrameKind.Invalid, Error = error, Detail = detail, Id = id };

    private static bool IsId(ReadOnlySpan<byte> id) =>
        id.Length > 0 && (id.Length <= Limits.MaxIdLength || CountCharacters(id) <= Limits.MaxIdLength);

    // A string without escapes is used as it is. A string with escapes is decoded, which also refuses lone surrogates (UTF-8 cannot express
    // them), and encoded in the shortest form. False if the value is not a string.
    private static bool TryReadString(scoped ref Utf8JsonReader reader, scoped ref Span<byte> scratch, out ReadOnlySpan<byte> value)
    {
        value = default;
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return false;
        }
        if (!reader.ValueIsEscaped)
        {
            value = reader.ValueSpan;
            return true;
        }
        try
        {
            var decoded = scratch[..reader.CopyString(scratch)];
            var encoded = scratch[decoded.Length..];
            encoded = encoded[..JsonText.Escape(decoded, encoded)];
            value = encoded;
            scratch = scratch[(decoded.Length + encoded.Length)..];
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    // Characters of an escaped string: every escape is one.
    private static int CountCharacters(ReadOnlySpan<byte> escaped)
    {
        var length = JsonText.CountCharacters(escaped);
        for (var i = escaped.IndexOf((byte)'\\'); i >= 0 && i < escaped.Length;)
        {
            var size = escaped[i + 1] == 'u' ? 6 : 2;
            length -= size - 1;
            var next = escaped[(i + size)..].IndexOf((byte)'\\');
            i = next < 0 ? -1 : i + size + next;
        }
        return length;
    }
}
