using System.Diagnostics;
using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;
using ChatServer.Contracts;
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
            var reply = slots.FindRoom(command.Room) is { } room
                ? await ExecuteAsync(command, room)
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
                var (count, names) = await room.MembersAsync();
                return new MembersReply(command.Id, count, names);
            case HistoryCommand history:
                var (oldest, events) = await room.HistoryAsync(history.Before, Math.Clamp(history.Limit, 0, Limits.MaxPage));
                return new HistoryReply(command.Id, room.Record.Epoch, oldest, events);
            default:
                return new RefusedReply(command.Id, ErrorCodes.InvalidBody, "This host does not know the command.");
        }
    }

    private static async Task<Reply> SayAsync(SayCommand say, Room room)
    {
        if (UserNames.Normalize(say.User) is not { } user)
            return new RefusedReply(say.Id, RoomErrorCodes.InvalidMessage, "The user is not a valid name.");
        if (say.MessageId.Length == 0 || CharacterCount.Exceeds(Limits.MaxIdLength, say.MessageId) || say.Text.Length == 0)
            return new RefusedReply(say.Id, RoomErrorCodes.InvalidMessage, "A message requires an id and a text.");
        if (CharacterCount.Exceeds(room.Options.MaxTextLength, say.Text))
            return new RefusedReply(say.Id, RoomErrorCodes.TooLong, $"The text is longer than {room.Options.MaxTextLength} characters.");
        var reply = new TaskCompletionSource<Reply>(TaskCreationOptions.RunContinuationsAsynchronously);
        var trace = Activity.Current is { } span ? room.Sampler.StartTrace(room.Record.Name, span.Context) : null;
        // Called twice for a duplicate whose batch is then refused by the log: TrySetResult keeps the first result.
        room.Say(user, say.Text, say.MessageId, (seq, error) => reply.TrySetResult(error is null
            ? new SaidReply(say.Id, seq, room.Record.Epoch)
            : new RefusedReply(say.Id, error, "The room cannot store messages now.")), trace);
        return await reply.Task;
    }

    private static string SpanName(Command command) => command switch
    {
        SayCommand => "command.say",
        MembersCommand => "command.members",
        HistoryCommand => "command.history",
        _ => "command.unknown",
    };

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Command} in room {Room} failed; no reply is sent.")]
        public static partial void CommandFailed(ILogger logger, string command, string room, Exception exception);
    }
}
