using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>What reaches a RoomHost from the other processes: nudges to look at a room, and commands to answer.</summary>
public sealed class HostInbox(BackplaneConnection connection)
{
    /// <summary>Reads until <paramref name="ct"/> ends it. None of the handlers may block.</summary>
    /// <param name="host">Whose inbox.</param>
    /// <param name="missed">Something may have been missed (at the first subscription too): look at everything.</param>
    /// <param name="look">Look at this room.</param>
    /// <param name="command">Carry this out and answer with <see cref="ReplyAsync"/>.</param>
    /// <param name="ct">Ends the loop.</param>
    public Task RunAsync(string host, Action missed, Action<string> look, Action<Command> command, CancellationToken ct) =>
        RedisSubscription.RunAsync(
            connection, RedisNames.HostChannel(host), missed,
            payload =>
            {
                var text = (string)payload!;
                if (text.StartsWith("r ", StringComparison.Ordinal))
                    look(text[2..]);
                else if (text.StartsWith("c ", StringComparison.Ordinal) && BackplaneJson.TryRead<Command>(text[2..]) is { } c)
                    command(c);
            },
            ct);

    /// <summary>Answers a command. A lost answer is not repeated: whoever asked asks again.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task ReplyAsync(Command command, Reply reply) => connection.RunAsync(db => db.PublishAsync(
        RedisChannel.Literal(RedisNames.ReplyChannel(command.ReplyTo)), BackplaneJson.Write(reply)));
}
