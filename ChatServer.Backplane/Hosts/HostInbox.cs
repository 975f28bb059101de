using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>What reaches a RoomHost from the other processes: nudges to look at a room, and commands to answer.</summary>
public sealed class HostInbox(BackplaneConnection connection, TimeProvider time)
{
    /// <summary>Reads until <paramref name="ct"/> ends it. None of the handlers may block.</summary>
    /// <param name="host">Whose inbox.</param>
    /// <param name="notificationsMissed">Something may have been missed (at the first subscription too): look at everything.</param>
    /// <param name="reconcileRoom">Look at this room.</param>
    /// <param name="handleCommand">Carry this out and answer with <see cref="ReplyAsync"/>.</param>
    /// <param name="ct">Ends the loop.</param>
    public Task RunAsync(string host, Action notificationsMissed, Action<string> reconcileRoom, Action<Command> handleCommand,
        CancellationToken ct) =>
        RedisSubscription.RunAsync(
            connection, RedisNames.HostChannel(host), notificationsMissed,
            payload =>
            {
                var text = (string)payload!;
                if (text.StartsWith("r ", StringComparison.Ordinal))
                    reconcileRoom(text[2..]);
                else if (text.StartsWith("c ", StringComparison.Ordinal) && BackplaneJson.TryRead<Command>(text[2..]) is { } c)
                    handleCommand(c);
            },
            time, ct);

    /// <summary>Answers a command. A lost answer is not repeated: whoever asked asks again.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task ReplyAsync(Command command, Reply reply) => connection.RunAsync(db => db.PublishAsync(
        RedisChannel.Literal(RedisNames.ReplyChannel(command.ReplyTo)), BackplaneJson.Write(reply)));
}
