using System.Diagnostics;
using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;
using ChatServer.Contracts;
using ChatServer.RoomHost.Moderation;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Hosting;

/// <summary>Executes commands of other processes on rooms of this host, and replies.</summary>
internal sealed partial class CommandHandler(RoomSlots slots, HostInbox inbox, ILogger<CommandHandler> logger)
{
    /// <summary>Starts a command; the reply is sent when it completes.</summary>
    public void Handle(Command command) => _ = HandleAsync(command);

    private async Task HandleAsync(Command command)
    {
        using var span = Tracing.Source.StartChild(SpanName(command), command.Traceparent)?.SetTag("chat.room", command.Room);
        try
        {
            var reply = command is UnknownCommand || command.Version > DataVersion.Current ? NotSupported(command)
                : command is FindAnywhereCommand find ? await FindAnywhereAsync(find)
                : slots.FindRoom(command.Room) is { } room ? await ExecuteAsync(command, room)
                : new RefusedReply(command.Id, ErrorCodes.RoomUnavailable, "The room is not open here.");
            await inbox.ReplyAsync(command, reply);
        }
        catch (BackplaneUnavailableException)
        {
            // The caller gets no reply and repeats the command.
        }
        catch (Exception e)
        {
            Log.CommandFailed(logger, command.GetType().Name, command.Room, e);
        }
    }

    private static async Task<Reply> ExecuteAsync(Command command, Room room)
    {
        switch (command)
        {
            case SayCommand say:
                return await SayAsync(say, room);
            case MembersCommand:
                var (count, names, people) = await room.Queries.MembersAsync();
                return new MembersReply(command.Id, count, names, people);
            case HistoryCommand history:
                var (oldest, events) = await room.Queries.HistoryAsync(history.Before, Math.Clamp(history.Limit, 0, Limits.MaxPage));
                return new HistoryReply(command.Id, room.Record.Epoch, oldest, events);
            case FindMemberCommand find:
                return ToReply(command, await room.Queries.FindMemberAsync(find.User, find.Uid));
            case KickCommand kick:
                var kicked = await room.Queries.FindMemberAsync(user: null, kick.Uid);
                room.Kick(kick.Uid, kick.Reason);
                return ToReply(command, kicked);
            case FindByUserCommand byUser:
                var found = await room.Queries.FindByUserAsync(byUser.Uid, byUser.After, Math.Clamp(byUser.Limit, 0, Limits.MaxPage));
                return new HistoryReply(command.Id, room.Record.Epoch, 0, [.. found.Select(message => JsonElement.Parse(message.Json))]);
            case DeleteCommand delete:
                var deletion = await room.Deletions.DeleteAsync(delete.Target, DeletionOrder.Of(delete.By));
                return deletion.Error is { } error
                    ? new RefusedReply(command.Id, error.Code, error.Message)
                    : new SaidReply(command.Id, deletion.Seq, room.Record.Epoch);
            default:
                return NotSupported(command);
        }
    }

    // The caller answers 503, and the call succeeds when the host was updated.
    private static RefusedReply NotSupported(Command command) =>
        new(command.Id, ErrorCodes.RoomUnavailable, "The host of the room runs an earlier version, which does not know this command.");

    private static async Task<Reply> SayAsync(SayCommand say, Room room)
    {
        if (UserNames.Normalize(say.User) is not { } user)
            return new RefusedReply(say.Id, RoomErrorCodes.InvalidMessage, "The user is not a valid name.");
        if (say.Uid is not null && !UserIds.CanExist(say.Uid))
            return new RefusedReply(say.Id, RoomErrorCodes.InvalidMessage, $"The uid is not {UserIds.Rule}.");
        if (say.MessageId.Length == 0 || CharacterCount.Exceeds(Limits.MaxIdLength, say.MessageId) || say.Text.Length == 0)
            return new RefusedReply(say.Id, RoomErrorCodes.InvalidMessage, "A message requires an id and a text.");
        if (CharacterCount.Exceeds(room.Options.MaxTextLength, say.Text))
            return new RefusedReply(say.Id, RoomErrorCodes.TooLong, $"The text is longer than {room.Options.MaxTextLength} characters.");
        var reply = new TaskCompletionSource<Reply>(TaskCreationOptions.RunContinuationsAsynchronously);
        var trace = Activity.Current is { } span ? room.Sampler.StartTrace(room.Record.Name, span.Context) : null;
        // Called twice for a duplicate whose batch is then refused by the log: TrySetResult keeps the first result.
        room.Say(user, say.Uid ?? UserIds.OfBackend(user), say.Text, say.MessageId, (seq, error) => reply.TrySetResult(error is null
            ? new SaidReply(say.Id, seq, room.Record.Epoch)
            : new RefusedReply(say.Id, error, "The room cannot store messages now.")), trace);
        return await reply.Task;
    }

    private async Task<Reply> FindAnywhereAsync(FindAnywhereCommand command)
    {
        var holders = await Task.WhenAll(slots.Rooms.Select(room => room.Queries.FindMemberAsync(command.User, command.Uid)));
        return new FoundAnywhereReply(command.Id, [.. holders.OfType<SeatHolder>().Select(holder => ToReply(command, holder))]);
    }

    private static FoundMemberReply ToReply(Command command, SeatHolder? holder) =>
        new(command.Id, holder?.Uid, holder?.User, holder?.Sessions ?? [], holder?.Networks ?? []);

    private static string SpanName(Command command) => command switch
    {
        SayCommand => "command.say",
        MembersCommand => "command.members",
        HistoryCommand => "command.history",
        FindMemberCommand => "command.find-member",
        FindAnywhereCommand => "command.find-anywhere",
        KickCommand => "command.kick",
        DeleteCommand => "command.delete",
        FindByUserCommand => "command.find-by-user",
        _ => "command.unknown",
    };

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Command} in room {Room} failed; no reply is sent.")]
        public static partial void CommandFailed(ILogger logger, string command, string room, Exception exception);
    }
}
