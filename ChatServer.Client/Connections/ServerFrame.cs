using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatServer.Client.Connections;

/// <summary>A frame from the room, with the members of all types; a frame sets those of its own type.</summary>
internal sealed record ServerFrame
{
    public required string Type { get; init; }

    // Members of events in the log.
    public long Seq { get; init; }
    public DateTimeOffset Time { get; init; }
    public string User { get; init; } = "";
    public string Uid { get; init; } = "";
    public string? Id { get; init; }
    public string Text { get; init; } = "";
    public long Target { get; init; }
    // Null if the frame has no such member: the generated deserializer does not keep the value of an initializer.
    public IReadOnlyList<long> Targets { get => field is [_, ..] ? field : [Target]; init; } = [];

    // Members of a welcome, in addition to user, seq, count and members.
    public string Room { get; init; } = "";
    public string? Title { get; init; }
    public string Epoch { get; init; } = "";
    public bool Resumed { get; init; }
    public ServerLimits Limits { get; init; } = new();

    // Members of a room, in addition to title: those that changed.
    public int? SlowModeSeconds { get; init; }
    public int? MaxMembers { get; init; }

    // Members of presence and typing.
    public int Count { get; init; }
    public string[] Members { get; init; } = [];
    public string[] Joined { get; init; } = [];
    public string[] Left { get; init; } = [];
    public string[] Users { get; init; } = [];

    // Members of closing and error.
    public string Reason { get; init; } = "";
    public bool Reconnect { get; init; }
    public string Code { get; init; } = "";
    public string Message { get; init; } = "";
    public long? RetryAfterMs { get; init; }

    /// <summary>Reads a frame. Of a frame of an unknown type, only type and sequence are read.</summary>
    /// <exception cref="JsonException">The text is not a frame.</exception>
    public static ServerFrame Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ServerFrameJson.Default.ServerFrame)
                ?? throw new JsonException("A frame is one JSON object.");
        }
        catch (JsonException)
        {
            var header = JsonSerializer.Deserialize(json, ServerFrameJson.Default.Header);
            if (header is null || IsKnown(header.Type))
                throw;
            return new ServerFrame { Type = header.Type, Seq = header.Seq };
        }
    }

    private static bool IsKnown(string type) =>
        type is "welcome" or "message" or "announcement" or "deleted" or "room" or "presence" or "typing" or "closing" or "error" or "done" or "pong";

    internal sealed record Header
    {
        public required string Type { get; init; }
        public long Seq { get; init; }
    }
}

/// <summary>The limits of the server for this connection, with defaults for missing members.</summary>
internal sealed record ServerLimits
{
    public int MaxFrameBytes { get; init; } = Contracts.Limits.MaxFrameBytes;
    public int MessagesPerSecond { get; init; } = 20;
    public int MessageBurst { get; init; } = 100;
    public int PingSeconds { get; init; } = 20;
    public int SilenceSeconds { get; init; } = 45;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServerFrame))]
[JsonSerializable(typeof(ServerFrame.Header))]
internal sealed partial class ServerFrameJson : JsonSerializerContext;
