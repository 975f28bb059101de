using System.Globalization;
using System.Text;
using ChatServer.Backplane.Audit;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Moderation;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Moderation;

/// <summary>
/// Carries out the moderation commands of members. A repeated command has no second effect, also after a move of the room.
/// </summary>
internal sealed class ModerationCommands(SanctionStore store, HostSanctions sanctions, AuditLog audit, TimeProvider time) : IMemberCommands
{
    public async Task<CommandOutcome> ExecuteAsync(Room room, MemberIdentity moderator, MemberCommand command)
    {
        var outcome = command.Type == "delete"
            ? await DeleteAsync(room, moderator, command)
            : new CommandOutcome(await SanctionAsync(room, moderator, command));
        if (moderator.Permissions.HasFlag(Permissions.Moderate))
        {
            await audit.WriteAsync(new AuditEntry
            {
                Actor = moderator.Uid,
                Address = moderator.Network.Length > 0 ? moderator.Network : null,
                Action = command.Type,
                Target = new AuditTarget(room.Record.Name, Uid: command.Uid, Seq: command.Target),
                Reason = command.Reason,
                Result = outcome.Error?.Code ?? AuditEntry.Done,
            });
        }
        return outcome;
    }

    private static async Task<CommandOutcome> DeleteAsync(Room room, MemberIdentity sender, MemberCommand command)
    {
        var isModerator = sender.Permissions.HasFlag(Permissions.Moderate);
        var id = JsonText.Escape(command.Id!);
        var result = await room.Deletions.DeleteAsync(
            command.Target!.Value, new DeletionOrder(
                By: null, Author: isModerator ? null : sender.Uid, Moderator: sender.Uid, id, MessageKey.Of(sender.MessageScope, id)));
        return new CommandOutcome(result.Error, result.HasEvent);
    }

    private async Task<CommandError?> SanctionAsync(Room room, MemberIdentity moderator, MemberCommand command)
    {
        try
        {
            var result = await StoreAsync(room, moderator, command);
            if (result == ModerationResult.Stored && command.Type == "kick")
                room.Kick(command.Uid!, command.Reason);
            else if (result == ModerationResult.Stored)
                await sanctions.ReadAsync(room);
            return result switch
            {
                ModerationResult.TooMany => new CommandError(
                    RoomErrorCodes.Unavailable, $"There are {SanctionStore.MaxSanctions} bans and mutes in force."),
                ModerationResult.NoRoom => new CommandError(RoomErrorCodes.Unavailable, "The room is gone."),
                _ => null,
            };
        }
        catch (BackplaneUnavailableException)
        {
            return new CommandError(RoomErrorCodes.Unavailable, "The room cannot reach Redis; try again.");
        }
    }

    private async Task<ModerationResult> StoreAsync(Room room, MemberIdentity moderator, MemberCommand command)
    {
        var (name, uid) = (room.Record.Name, command.Uid!);
        var id = CommandId(moderator, command);
        switch (command.Type)
        {
            case "kick":
                return await store.RecordAsync(name, id);
            case "unban":
                return await store.LiftAsync(name, SanctionKind.Ban, uid, id);
            case "unmute":
                return await store.LiftAsync(name, SanctionKind.Mute, uid, id);
            default:
                var holder = await room.Queries.FindMemberAsync(user: null, uid);
                var kind = command.Type == "ban" ? SanctionKind.Ban : SanctionKind.Mute;
                return await store.ImposeAsync(
                    name,
                    new Sanction(kind, uid, moderator.Uid, time.GetUtcNow())
                    {
                        User = holder?.User,
                        Sessions = kind == SanctionKind.Ban ? holder?.Sessions ?? [] : [],
                        Reason = command.Reason,
                    },
                    command.Lifetime, id);
        }
    }

    // As the key of a message: scoped to the session, and no disclosure of it.
    private static string CommandId(MemberIdentity moderator, MemberCommand command) =>
        MessageKey.Of(moderator.MessageScope, Encoding.UTF8.GetBytes(command.Id!)).Value.ToString(CultureInfo.InvariantCulture);
}
