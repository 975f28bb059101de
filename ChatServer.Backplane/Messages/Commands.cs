using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatServer.Backplane.Messages;

/// <summary>A request of a process to the host of a room, sent through Redis.</summary>
/// <param name="Room">The name of the room.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SayCommand), "say")]
[JsonDerivedType(typeof(MembersCommand), "members")]
[JsonDerivedType(typeof(HistoryCommand), "history")]
public abstract record Command(string Room)
{
    /// <summary>The id that the reply repeats.</summary>
    public string Id { get; init; } = "";

    /// <summary>The instance that receives the reply.</summary>
    public string ReplyTo { get; init; } = "";

    /// <summary>The <see cref="TraceContext"/> of the caller; null if it is not traced.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Traceparent { get; init; }
}

/// <summary>
/// Posts a message as <paramref name="User"/>. The reply is a <see cref="SaidReply"/>, sent when the log holds the message.
/// </summary>
public sealed record SayCommand(string Room, string User, string Text, string MessageId) : Command(Room);

/// <summary>Lists the members of the room. The reply is a <see cref="MembersReply"/>.</summary>
public sealed record MembersCommand(string Room) : Command(Room);

/// <summary>Reads events of a log in the memory of the host. The reply is a <see cref="HistoryReply"/>.</summary>
public sealed record HistoryCommand(string Room, long? Before, int Limit) : Command(Room);

/// <summary>The reply of a host to a command.</summary>
/// <param name="Id">The id of the command.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SaidReply), "said")]
[JsonDerivedType(typeof(MembersReply), "members")]
[JsonDerivedType(typeof(HistoryReply), "history")]
[JsonDerivedType(typeof(RefusedReply), "refused")]
public abstract record Reply(string Id);

/// <summary>The log holds the message, as event <paramref name="Seq"/> of <paramref name="Epoch"/>.</summary>
public sealed record SaidReply(string Id, long Seq, string Epoch) : Reply(Id);

/// <summary>The number of members, and their distinct names in order.</summary>
public sealed record MembersReply(string Id, int Count, IReadOnlyList<string> Names) : Reply(Id);

/// <summary>Events, newest last. <paramref name="Oldest"/> is the sequence of the oldest event in the log.</summary>
public sealed record HistoryReply(string Id, string Epoch, long Oldest, IReadOnlyList<JsonElement> Events) : Reply(Id);

/// <summary>
/// The host refuses the command. <paramref name="Code"/> is one of <see cref="Contracts.RoomErrorCodes"/> or
/// <see cref="Contracts.ErrorCodes"/>.
/// </summary>
public sealed record RefusedReply(string Id, string Code, string Message) : Reply(Id);
