using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Redis;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

/// <summary>The embedded Redis with a data folder, killed while rooms append: its disk contains incomplete scripts.</summary>
public sealed class KilledRedisTests : IAsyncLifetime
{
    private const int Rooms = 24;
    private const int Kills = 4;
    private const int Batch = 3;
    private const int History = 10;

    private readonly DataFolderRedis _redis = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _redis.StartAsync();

    public async ValueTask DisposeAsync() => await ((IAsyncDisposable)_redis).DisposeAsync();

    [Fact]
    public async Task Every_log_has_every_event_once_and_in_order_after_a_kill()
    {
        await using var process = new BackplaneProcess(_redis.ConnectionString);
        var rooms = await RoomsAsync(process, _redis.ConnectionString);
        var appended = new long[Rooms];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var writers = rooms
            .Select((room, n) => WriteAsync(process.Log, room, seq => Volatile.Write(ref appended[n], seq), stop.Token))
            .ToList();

        for (var kill = 1; kill <= Kills; kill++)
        {
            var before = appended.ToArray();
            await Eventually.Async(() => appended.Zip(before).All(seq => seq.First > seq.Second));
            await _redis.KillAsync();
            await _redis.StartAsync();
        }
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        foreach (var (room, newest) in rooms.Zip(appended))
        {
            var page = await Eventually.Async(() => process.Log.ReadBeforeAsync(room.Name, null, 2 * History), page => page is not null);
            Assert.Equal(newest, page!.Newest);
            // The entries that the last batch would have removed may still be there.
            Assert.InRange(page.Oldest, 1, Math.Max(1, newest - History + 1));
            Assert.Equal(newest - page.Oldest + 1, page.Events.Count);
            Assert.All(page.Events, e => Assert.Contains($"\"seq\":{e.Seq},", Entries.Text(e.Entry), StringComparison.Ordinal));
        }
    }

    private static async Task<List<RoomRecord>> RoomsAsync(BackplaneProcess process, string connectionString)
    {
        await using var owner = new BackplaneProcess(connectionString);
        await using var host = new FakeHost(owner, "a", Rooms);
        await host.StartAsync();
        var rooms = new List<RoomRecord>();
        for (var n = 0; n < Rooms; n++)
            rooms.Add((await process.Placement.CreateAsync($"room-{n}", new RoomOptions { History = History }, Cancelled))!.Value.Room);
        return rooms;
    }

    // As a room does: repeats a batch until its outcome is known.
    private static async Task WriteAsync(RoomLog log, RoomRecord room, Action<long> appended, CancellationToken ct)
    {
        for (var seq = 0L; !ct.IsCancellationRequested; appended(seq += Batch))
        {
            while (!await TryAppendAsync(log, room, seq))
                await Task.Delay(TimeSpan.FromMilliseconds(50), Cancelled);
        }
    }

    private static async Task<bool> TryAppendAsync(RoomLog log, RoomRecord room, long seq)
    {
        try
        {
            var result = await log.AppendAsync(room.Name, room.Term, seq, History, Batch, 0, Entries.Events(seq + 1, Batch));
            Assert.Equal(AppendResult.Appended, result);
            return true;
        }
        catch (BackplaneUnavailableException)
        {
            return false;
        }
    }
}
