using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Moderation;

/// <summary>Carries out the commands of members.</summary>
internal interface IMemberCommands
{
    /// <summary>Carries out a command of a member that may send it.</summary>
    Task<CommandOutcome> ExecuteAsync(Room room, MemberIdentity sender, MemberCommand command);
}

/// <summary>The outcome of a command.</summary>
/// <param name="Error">The error; null if it was carried out.</param>
/// <param name="HasEvent">Whether an event with the id of the command was broadcast: it is the answer.</param>
internal readonly record struct CommandOutcome(CommandError? Error, bool HasEvent = false);

/// <summary>Why a command was not carried out.</summary>
/// <param name="Code">One of <see cref="Contracts.RoomErrorCodes"/>.</param>
/// <param name="Message">The reason, for a person.</param>
internal sealed record CommandError(string Code, string Message);
