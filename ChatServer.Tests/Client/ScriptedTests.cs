using ChatServer.Client;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Client;

/// <summary>A client, and the room that the test plays to it.</summary>
public abstract class ScriptedTests : IAsyncLifetime
{
    protected ScriptedRoom Room { get; private set; } = null!;

    protected ChatRoomOptions Options => new() { Addresses = [Room.Address], Room = ScriptedRoom.Name, User = "ada" };

    public async ValueTask InitializeAsync() => Room = await ScriptedRoom.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Room.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A client that is in, its seat, and a reader that has had the first welcome.</summary>
    protected async Task<Joined> JoinAsync(long seq = 0, ChatRoomOptions? options = null, object? limits = null)
    {
        var joining = ChatRoom.JoinAsync(options ?? Options, TestContext.Current.CancellationToken);
        var seat = await Room.SeatAsync(seq, limits: limits);
        var room = await joining.WaitAsync(Eventually.Timeout);
        var reading = new Reading(room);
        await reading.NextAsync<Welcomed>();
        return new Joined(Room, room, seat, reading);
    }

    /// <summary>Lets time pass until something has happened: timers may be set only after a step.</summary>
    protected static Task PassAsync(FakeTimeProvider time, Func<bool> until, TimeSpan? step = null) => Eventually.Async(() =>
    {
        if (until())
            return true;
        time.Advance(step ?? TimeSpan.FromMilliseconds(100));
        return until();
    });

    protected sealed record Joined(ScriptedRoom Room, ChatRoom Client, ScriptedConnection Seat, Reading Reader) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Room.LeaveAsync(Client);
            await Reader.DisposeAsync();
        }
    }
}
