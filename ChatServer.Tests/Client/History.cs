using ChatServer.Client;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Client;

/// <summary>Reads all events of a member and keeps them.</summary>
internal sealed class History
{
    private readonly List<ChatEvent> _events = [];

    public History(ChatRoom room) => _ = Task.Run(async () =>
    {
        await foreach (var e in room.Events)
        {
            lock (_events)
                _events.Add(e);
        }
    });

    public IReadOnlyList<ChatEvent> Events
    {
        get
        {
            lock (_events)
                return [.. _events];
        }
    }

    public IReadOnlyList<Message> Messages => [.. Events.OfType<Message>()];

    public int Count<T>() => Events.OfType<T>().Count();

    /// <summary>Waits for a number of messages and returns them.</summary>
    public async Task<IReadOnlyList<Message>> MessagesAsync(int count)
    {
        await Eventually.Async(() => Messages.Count, n => n >= count, TimeSpan.FromSeconds(30));
        return Messages;
    }
}
