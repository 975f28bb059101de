using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChatServer.Backplane;

/// <summary>What a process asks of the host of a room, by way of Redis.</summary>
/// <param name="Room">The room that it is about.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SayCommand), "say")]
[JsonDerivedType(typeof(MembersCommand), "members")]
[JsonDerivedType(typeof(HistoryCommand), "history")]
public abstract record Command(string Room)
{
    /// <summary>Pairs the reply with the command.</summary>
    public string Id { get; init; } = "";

    /// <summary>The instance that waits for the reply.</summary>
    public string ReplyTo { get; init; } = "";

    /// <summary>The <see cref="TraceContext"/> of the caller; null if it is not traced.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Traceparent { get; init; }
}

/// <summary>Say something as <paramref name="User"/>. Answered with a <see cref="SaidReply"/> once the log holds it.</summary>
public sealed record SayCommand(string Room, string User, string Text, string MessageId) : Command(Room);

/// <summary>Who is in the room. Answered with a <see cref="MembersReply"/>.</summary>
public sealed record MembersCommand(string Room) : Command(Room);

/// <summary>Events of a log that lives in the host's memory. Answered with a <see cref="HistoryReply"/>.</summary>
public sealed record HistoryCommand(string Room, long? Before, int Limit) : Command(Room);

/// <summary>What the host answers.</summary>
/// <param name="Id">The command's.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SaidReply), "said")]
[JsonDerivedType(typeof(MembersReply), "members")]
[JsonDerivedType(typeof(HistoryReply), "history")]
[JsonDerivedType(typeof(RefusedReply), "refused")]
public abstract record Reply(string Id);

/// <summary>The log holds it.</summary>
public sealed record SaidReply(string Id, long Seq, string Epoch) : Reply(Id);

/// <summary>Distinct names of those in the room, in order.</summary>
public sealed record MembersReply(string Id, int Count, IReadOnlyList<string> Names) : Reply(Id);

/// <summary>Events, newest last; <paramref name="Oldest"/> is the sequence of the oldest one that the log has.</summary>
public sealed record HistoryReply(string Id, string Epoch, long Oldest, IReadOnlyList<JsonElement> Events) : Reply(Id);

/// <summary>The host will not: <paramref name="Code"/> is one of <see cref="Contracts.RoomErrorCodes"/> or <see cref="Contracts.ErrorCodes"/>.</summary>
public sealed record RefusedReply(string Id, string Code, string Message) : Reply(Id);
