using System.Text.Json;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Moderation;

/// <summary>A frame of a member that is neither a message nor typing nor a ping.</summary>
internal sealed record MemberCommand
{
    public required string Type { get; init; }

    /// <summary>The client's id of the frame.</summary>
    public string? Id { get; init; }

    /// <summary>The user whom a kick, ban or mute concerns.</summary>
    public string? Uid { get; init; }

    /// <summary>The sequence of the message that a <c>delete</c> removes.</summary>
    public long? Target { get; init; }

    public long? Seconds { get; init; }

    public string? Reason { get; init; }

    /// <summary>The lifetime of a ban or mute; null: permanent.</summary>
    public TimeSpan? Lifetime => Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Whether a member without the permission to moderate may send it: it may delete its own messages.</summary>
    public bool IsForEveryone => Type == "delete";

    /// <summary>Whether frames of this type are commands.</summary>
    public static bool IsCommand(ReadOnlySpan<byte> type) => type.SequenceEqual("delete"u8)
        || type.SequenceEqual("kick"u8) || type.SequenceEqual("ban"u8)
        || type.SequenceEqual("unban"u8) || type.SequenceEqual("mute"u8) || type.SequenceEqual("unmute"u8);

    /// <summary>Parses a frame that is valid JSON with a known type; of a repeated member the last one counts.</summary>
    /// <returns>Null if a member has a wrong type or value; then <paramref name="error"/> states it.</returns>
    public static MemberCommand? Parse(ReadOnlySpan<byte> utf8, out string error)
    {
        error = "";
        MemberCommand? command = null;
        try
        {
            command = JsonSerializer.Deserialize<MemberCommand>(utf8, ContractJson.Options);
        }
        catch (JsonException e)
        {
            error = $"The member {e.Path} has a wrong type.";
            return null;
        }
        error = command switch
        {
            null => "A frame is one JSON object.",
            { Type: "delete", Target: null or < 1 } => "A delete has the seq of a message as its target.",
            { Type: not "delete", Uid: null } => "A moderation command has a uid.",
            { Uid: { } uid } when !UserIds.CanExist(uid) => "The uid is not valid.",
            { Id: null or "" } => $"A command has an id of 1 to {Limits.MaxIdLength} characters.",
            { Id: var id } when CharacterCount.Exceeds(Limits.MaxIdLength, id) => $"The id is longer than {Limits.MaxIdLength} characters.",
            _ => ModerationRequest.ValidateTerms(command.Seconds, command.Reason) ?? "",
        };
        return error.Length == 0 ? command : null;
    }
}
