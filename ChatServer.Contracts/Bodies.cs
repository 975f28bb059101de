using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChatServer.Contracts;

/// <summary>The envelope of every success.</summary>
/// <param name="Value">The content.</param>
public sealed record Data<T>(T Value) where T : notnull
{
    /// <summary>The content, in JSON <c>data</c>.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("data")]
    public T Value { get; init; } = Value;
}

/// <summary>Name and version of a process.</summary>
/// <param name="App">Name.</param>
/// <param name="Version">Version of its build.</param>
public sealed record AppInfo(string App, string Version)
{
    /// <summary>The version of this build, the same for all parts of ChatServer.</summary>
    public static readonly string CurrentVersion = typeof(AppInfo).Assembly.GetName().Version!.ToString(3);
}

/// <summary>Response to a creation; also the <c>data</c> of the problem <c>no-capacity</c>, with port 0.</summary>
/// <param name="Port">Port of the room.</param>
/// <param name="Message">Text for people.</param>
public sealed record RoomCreated(int Port, string Message);

/// <summary>Description of a room.</summary>
/// <param name="Name">Name of the room.</param>
/// <param name="Title">Title of the room.</param>
/// <param name="Host">Address of its RoomHost; empty while it moves to another one.</param>
/// <param name="Port">Its port on the RoomHost; 0 while it moves.</param>
/// <param name="Url">WebSocket address, through a load balancer if there is one; empty while a room without a load balancer moves.</param>
/// <param name="Members">Number of members, as the host reported within about the last second.</param>
/// <param name="Messages">Number of messages in this epoch.</param>
/// <param name="Private">Whether joining requires a token.</param>
/// <param name="CreatedAt">Time of its creation.</param>
/// <param name="Options">Its options.</param>
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

/// <summary>A page of the list of rooms.</summary>
/// <param name="Rooms">The rooms, ordered by name.</param>
/// <param name="Next">The <c>after</c> of the next page; null on the last page.</param>
public sealed record RoomPage(IReadOnlyList<RoomDescription> Rooms, string? Next);

/// <summary>A page of a room's log.</summary>
/// <param name="Epoch">Epoch of the log. Sequences of different epochs are not comparable.</param>
/// <param name="Messages">Events as members get them, newest last.</param>
/// <param name="Next">The <c>before</c> of the page of older events; null if there are none.</param>
public sealed record HistoryPage(string Epoch, IReadOnlyList<JsonElement> Messages, long? Next);

/// <summary>A page of the messages of a user in all rooms.</summary>
/// <param name="Messages">Events as members get them, each with its <c>room</c>.</param>
/// <param name="Next">The <c>before</c> of the next page; null on the last page.</param>
public sealed record UserMessagePage(IReadOnlyList<JsonNode> Messages, string? Next);

/// <summary>Response to the erasure of a user.</summary>
/// <param name="Rooms">Number of rooms in which the user has messages.</param>
public sealed record UserErased(int Rooms);

/// <summary>Position of a message in the log.</summary>
/// <param name="Seq">Its sequence.</param>
/// <param name="Epoch">Epoch of the log.</param>
public sealed record Logged(long Seq, string Epoch);

/// <summary>A join token.</summary>
/// <param name="Token">The token: a JSON Web Token.</param>
/// <param name="ExpiresAt">Time of its expiry, in whole seconds.</param>
public sealed record IssuedToken(string Token, DateTimeOffset ExpiresAt);
