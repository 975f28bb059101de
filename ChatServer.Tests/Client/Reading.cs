using ChatServer.Client;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Client;

/// <summary>Reads a room's events one by one, with a deadline.</summary>
public sealed class Reading(ChatRoom room) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<ChatEvent> _events = room.Events.GetAsyncEnumerator();

    /// <summary>The next event.</summary>
    public async Task<ChatEvent> NextAsync()
    {
        Assert.True(await _events.MoveNextAsync().AsTask().WaitAsync(Eventually.Timeout), "Nothing follows.");
        return _events.Current;
    }

    /// <summary>The next event, which must have this type.</summary>
    public async Task<T> NextAsync<T>() where T : ChatEvent => Assert.IsType<T>(await NextAsync());

    /// <summary>Consecutive messages with their sequences.</summary>
    public async Task NextAsync(long first, long last)
    {
        for (var seq = first; seq <= last; seq++)
            Assert.Equal(seq, (await NextAsync<Message>()).Seq);
    }

    public async Task EndAsync() => Assert.False(await _events.MoveNextAsync().AsTask().WaitAsync(Eventually.Timeout));

    public ValueTask DisposeAsync() => _events.DisposeAsync();
}
