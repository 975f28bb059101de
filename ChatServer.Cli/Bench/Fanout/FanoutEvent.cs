using System.Buffers.Text;
using System.Text.Json;

namespace ChatServer.Cli.Bench.Fanout;

internal enum FanoutEventKind
{
    /// <summary>Not checked: presence, typing, pong.</summary>
    Other,
    Message,

    /// <summary>An event of the log that is not a message: an announcement, a deletion.</summary>
    Logged,

    /// <summary>The room refused a frame.</summary>
    Error,

    /// <summary>Not JSON.</summary>
    Malformed,
}

/// <summary>The part of an event that the checks need.</summary>
internal readonly ref struct FanoutEvent
{
    // The beginning of a message from a RoomHost. Other events are parsed as JSON: the members may have any order.
    private static ReadOnlySpan<byte> MessageHead => "{\"type\":\"message\",\"seq\":"u8;

    private static ReadOnlySpan<byte> TextHead => "\"text\":\""u8;

    public FanoutEventKind Kind { get; private init; }

    /// <summary>Sequence of a message or another event of the log.</summary>
    public long Seq { get; private init; }

    /// <summary>Text of a message, as between the quotes in JSON.</summary>
    public ReadOnlySpan<byte> Text { get; private init; }

    /// <summary>Reads one event.</summary>
    public static FanoutEvent Read(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith(MessageHead) && Utf8Parser.TryParse(json[MessageHead.Length..], out long seq, out _))
        {
            var head = json.IndexOf(TextHead);
            if (head >= 0 && json.EndsWith("\"}"u8))
            {
                var text = json[(head + TextHead.Length)..];
                var end = text.IndexOf((byte)'"');
                if (end == text.Length - 2)
                    return new FanoutEvent { Kind = FanoutEventKind.Message, Seq = seq, Text = text[..end] };
            }
        }
        return ReadJson(json);
    }

    private static FanoutEvent ReadJson(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> type = default, text = default;
        long? seq = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("type"u8))
                    type = StringOf(ref reader);
                else if (reader.ValueTextEquals("text"u8))
                    text = StringOf(ref reader);
                else if (reader.ValueTextEquals("seq"u8) && reader.Read())
                    seq = reader.GetInt64();
                else
                    reader.Skip();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return new FanoutEvent { Kind = FanoutEventKind.Malformed };
        }
        if (type.SequenceEqual("error"u8))
            return new FanoutEvent { Kind = FanoutEventKind.Error };
        if (seq is null || type.SequenceEqual("welcome"u8))
            return new FanoutEvent { Kind = FanoutEventKind.Other };
        var kind = type.SequenceEqual("message"u8) ? FanoutEventKind.Message : FanoutEventKind.Logged;
        return new FanoutEvent { Kind = kind, Seq = seq.Value, Text = text };
    }

    private static ReadOnlySpan<byte> StringOf(scoped ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.String ? reader.ValueSpan : default;
}
