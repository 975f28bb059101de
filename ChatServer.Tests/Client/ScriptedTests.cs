using ChatServer.Client;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Client;

/// <summary>Base class of tests with a client and a simulated room.</summary>
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

    /// <summary>A client that has joined, its connection on the room's side, and a reader that has read the first welcome.</summary>
    protected async Task<Joined> JoinAsync(long seq = 0, ChatRoomOptions? options = null, object? limits = null)
    {
        var joining = ChatRoom.JoinAsync(options ?? Options, TestContext.Current.CancellationToken);
        var seat = await Room.SeatAsync(seq, limits: limits);
        var room = await joining.WaitAsync(Eventually.Timeout);
        var reading = new Reading(room);
        await reading.NextAsync<Welcomed>();
        return new Joined(Room, room, seat, reading);
    }

    /// <summary>Advances the time in steps until a condition holds: the client may set timers between the steps.</summary>
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
