using System.Text.Json;
using System.Text.Json.Serialization;
using ChatServer.Contracts;

namespace ChatServer.Backplane.Messages;

/// <summary>A request of a process to the host of a room, sent through Redis.</summary>
/// <param name="Room">The name of the room.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SayCommand), "say")]
[JsonDerivedType(typeof(MembersCommand), "members")]
[JsonDerivedType(typeof(HistoryCommand), "history")]
[JsonDerivedType(typeof(FindMemberCommand), "find-member")]
[JsonDerivedType(typeof(FindAnywhereCommand), "find-anywhere")]
[JsonDerivedType(typeof(KickCommand), "kick")]
[JsonDerivedType(typeof(DeleteCommand), "delete")]
[JsonDerivedType(typeof(FindByUserCommand), "find-by-user")]
public abstract record Command(string Room)
{
    /// <summary>The id that the reply repeats.</summary>
    public string Id { get; init; } = "";

    /// <summary>The instance that receives the reply.</summary>
    public string ReplyTo { get; init; } = "";

    /// <summary>The <see cref="DataVersion"/> that a host must read to execute the command.</summary>
    public int Version { get; init; } = DataVersion.First;

    /// <summary>The <see cref="TraceContext"/> of the caller; null if it is not traced.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Traceparent { get; init; }
}

/// <summary>
/// Posts a message as <paramref name="User"/>. The reply is a <see cref="SaidReply"/>, sent when the log holds the message. A missing
/// <paramref name="Uid"/> is derived from the user.
/// </summary>
public sealed record SayCommand(string Room, string User, string Text, string MessageId, string? Uid = null) : Command(Room);

/// <summary>Lists the members of the room. The reply is a <see cref="MembersReply"/>.</summary>
public sealed record MembersCommand(string Room) : Command(Room);

/// <summary>Reads events of a log in the memory of the host. The reply is a <see cref="HistoryReply"/>.</summary>
public sealed record HistoryCommand(string Room, long? Before, int Limit) : Command(Room);

/// <summary>
/// Finds the members with a name or a <c>uid</c>; one of the two is null. The reply is a <see cref="FoundMemberReply"/>.
/// </summary>
public sealed record FindMemberCommand(string Room, string? User, string? Uid) : Command(Room);

/// <summary>The same in all rooms of a host. The reply is a <see cref="FoundAnywhereReply"/>.</summary>
public sealed record FindAnywhereCommand(string? User, string? Uid) : Command("");

/// <summary>Removes the members with a <c>uid</c>; they may join again. The reply is a <see cref="FoundMemberReply"/>.</summary>
public sealed record KickCommand(string Room, string Uid, string? Reason) : Command(Room);

/// <summary>
/// Deletes a message; <paramref name="By"/> is <c>moderator</c> or <c>backend</c>. The reply is a <see cref="SaidReply"/> with the sequence
/// of the <c>deleted</c> event, sent when the log holds it.
/// </summary>
public sealed record DeleteCommand(string Room, long Target, string By) : Command(Room);

/// <summary>
/// Finds the messages of a user that are not deleted, in a log in the memory of the host. The reply is a <see cref="HistoryReply"/>.
/// </summary>
public sealed record FindByUserCommand(string Room, string Uid, long After, int Limit) : Command(Room);

/// <summary>A command of a kind that this process does not know: a newer process sent it. The reply is a <see cref="RefusedReply"/>.</summary>
public sealed record UnknownCommand(string Room) : Command(Room);

/// <summary>The reply of a host to a command.</summary>
/// <param name="Id">The id of the command.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SaidReply), "said")]
[JsonDerivedType(typeof(MembersReply), "members")]
[JsonDerivedType(typeof(HistoryReply), "history")]
[JsonDerivedType(typeof(FoundMemberReply), "found-member")]
[JsonDerivedType(typeof(FoundAnywhereReply), "found-anywhere")]
[JsonDerivedType(typeof(RefusedReply), "refused")]
public abstract record Reply(string Id);

/// <summary>The log holds the message, as event <paramref name="Seq"/> of <paramref name="Epoch"/>.</summary>
public sealed record SaidReply(string Id, long Seq, string Epoch) : Reply(Id);

/// <summary>The number of members, their distinct names in order, and the holders of these names in the same order.</summary>
public sealed record MembersReply(string Id, int Count, IReadOnlyList<string> Names, IReadOnlyList<RoomPerson> People) : Reply(Id);

/// <summary>Events, newest last. <paramref name="Oldest"/> is the sequence of the oldest event in the log.</summary>
public sealed record HistoryReply(string Id, string Epoch, long Oldest, IReadOnlyList<JsonElement> Events) : Reply(Id);

/// <summary>
/// The seats of one holder: its name, hashes of its sessions, and the networks from which it is connected. <paramref name="Uid"/> is null
/// if there is none.
/// </summary>
public sealed record FoundMemberReply(
    string Id, string? Uid, string? User, IReadOnlyList<string> Sessions, IReadOnlyList<string> Networks) : Reply(Id);

/// <summary>The holders of seats, one for each room in which there is one.</summary>
public sealed record FoundAnywhereReply(string Id, IReadOnlyList<FoundMemberReply> Members) : Reply(Id);

/// <summary>
/// The host refuses the command. <paramref name="Code"/> is one of <see cref="Contracts.RoomErrorCodes"/> or
/// <see cref="Contracts.ErrorCodes"/>.
/// </summary>
public sealed record RefusedReply(string Id, string Code, string Message) : Reply(Id);
