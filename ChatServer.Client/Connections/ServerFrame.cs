using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatServer.Client;

/// <summary>A frame from the room: the members of every type together, of which a frame has those of its own.</summary>
internal sealed record ServerFrame
{
    public required string Type { get; init; }

    // Of what is in the log.
    public long Seq { get; init; }
    public DateTimeOffset Time { get; init; }
    public string User { get; init; } = "";
    public string? Id { get; init; }
    public string Text { get; init; } = "";
    public long Target { get; init; }

    // Of a welcome, beside user and seq.
    public string Room { get; init; } = "";
    public string Title { get; init; } = "";
    public string Epoch { get; init; } = "";
    public bool Resumed { get; init; }
    public string[] Members { get; init; } = [];
    public ServerLimits Limits { get; init; } = new();

    // Of presence and typing.
    public int Count { get; init; }
    public string[] Joined { get; init; } = [];
    public string[] Left { get; init; } = [];
    public string[] Users { get; init; } = [];

    // Of closing and error.
    public string Reason { get; init; } = "";
    public bool Reconnect { get; init; }
    public string Code { get; init; } = "";
    public string Message { get; init; } = "";

    /// <summary>Reads a frame. One of a type that we do not know keeps its type and sequence alone, whatever else it has.</summary>
    /// <exception cref="JsonException">It is no frame.</exception>
    public static ServerFrame Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ServerFrameJson.Default.ServerFrame) ?? throw new JsonException("A frame is one JSON object.");
        }
        catch (JsonException)
        {
            var header = JsonSerializer.Deserialize(json, ServerFrameJson.Default.Header);
            if (header is null or { Type: "welcome" or "message" or "announcement" or "deleted" or "presence" or "typing" or "closing" or "error" or "pong" })
                throw;
            return new ServerFrame { Type = header.Type, Seq = header.Seq };
        }
    }

    internal sealed record Header
    {
        public required string Type { get; init; }
        public long Seq { get; init; }
    }
}

/// <summary>What the server allows this connection; defaults for what it does not say.</summary>
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
