using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Messages;
using StackExchange.Redis;

namespace ChatServer.Backplane.Hosts;

/// <summary>The channel to one RoomHost: nudges to reconcile a room, and commands.</summary>
public sealed class HostInbox(BackplaneConnection connection, TimeProvider time)
{
    /// <summary>Receives until <paramref name="ct"/> ends it. The handlers must not block.</summary>
    /// <param name="host">The id of the host.</param>
    /// <param name="onNotificationsMissed">Nudges may have been lost: called at each subscription, the first included.</param>
    /// <param name="onNudge">Called with the name of the room to reconcile.</param>
    /// <param name="onCommand">Called with each command. The reply is sent with <see cref="ReplyAsync"/>.</param>
    /// <param name="ct">Ends the loop.</param>
    public Task RunAsync(
        string host, Action onNotificationsMissed, Action<string> onNudge, Action<Command> onCommand, CancellationToken ct) =>
        RedisSubscription.RunAsync(
            connection, RedisNames.HostChannel(host), onNotificationsMissed,
            payload =>
            {
                var text = (string)payload!;
                if (text.StartsWith("r ", StringComparison.Ordinal))
                    onNudge(text[2..]);
                else if (text.StartsWith("c ", StringComparison.Ordinal) && Parse(text[2..]) is { } command)
                    onCommand(command);
            },
            time, ct);

    private static Command? Parse(string json) => BackplaneJson.TryRead<Command>(json) ?? BackplaneJson.TryRead<UnknownCommand>(json);

    /// <summary>Replies to a command. A lost reply is not repeated: the sender repeats the command.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task ReplyAsync(Command command, Reply reply) => connection.RunAsync(db => db.PublishAsync(
        RedisChannel.Literal(RedisNames.ReplyChannel(command.ReplyTo)), BackplaneJson.Write(reply)));
}
