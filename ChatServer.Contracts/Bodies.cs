using System.Text.Json;

namespace ChatServer.Contracts;

/// <summary>The envelope of every success.</summary>
public sealed record Data<T>(T Value) where T : notnull
{
    /// <summary>Written as <c>data</c>.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("data")]
    public T Value { get; init; } = Value;
}

/// <summary>What answers here, and in which version.</summary>
public sealed record AppInfo(string App, string Version)
{
    /// <summary>The version of this build: all parts of ChatServer carry the same.</summary>
    public static readonly string CurrentVersion = typeof(AppInfo).Assembly.GetName().Version!.ToString(3);
}

/// <summary>Answer to a creation; also the <c>data</c> of a refusal for want of capacity, with port 0.</summary>
public sealed record RoomCreated(int Port, string Message);

/// <summary>A room, as everyone may see it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">What people see above it.</param>
/// <param name="Host">Address of the RoomHost that has it; empty while it moves to another one.</param>
/// <param name="Port">Its port there; 0 while it moves.</param>
/// <param name="Url">WebSocket address, through a load balancer where there is one; empty while a room moves that is reached directly.</param>
/// <param name="Members">How many members it has, as the host told within the last second or so.</param>
/// <param name="Messages">Messages said in this epoch.</param>
/// <param name="Private">Joining takes a token.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="Options">What it was created with.</param>
public sealed record RoomDescription(
    string Name,
    string Title,
    string Host,
    int Port,
    string Url,
    int Members,
    long Messages,
    bool Private,
    DateTimeOffset CreatedAt,
    RoomOptions Options);

/// <summary>A page of the listing of rooms.</summary>
/// <param name="Rooms">By name.</param>
/// <param name="Next">The <c>after</c> of the next page; null on the last.</param>
public sealed record RoomPage(IReadOnlyList<RoomDescription> Rooms, string? Next);

/// <summary>A stretch of a room's log.</summary>
/// <param name="Epoch">Names this life of the log: sequences of another one mean nothing in it.</param>
/// <param name="Messages">Events as members get them, newest last.</param>
/// <param name="Next">The <c>before</c> of the page of older events; null when the log has none.</param>
public sealed record HistoryPage(string Epoch, IReadOnlyList<JsonElement> Messages, long? Next);

/// <summary>Where a message stands in the log.</summary>
public sealed record Logged(long Seq, string Epoch);
