using System.Collections.Concurrent;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;
using ChatServer.Backplane.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

/// <summary>A RoomHost without sockets: holds a lease, claims the rooms that are assigned to it, and deletes closing rooms.</summary>
public sealed class FakeHost(BackplaneProcess process, string id, int capacity) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new();
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _work = Task.CompletedTask;
    private int _nextPort = 34000;

    public string Id => id;

    public BackplaneProcess Process => process;

    /// <summary>The rooms that it has claimed, by name.</summary>
    public ConcurrentDictionary<string, RoomRecord> Open { get; } = new();

    /// <summary>Refuses every room, as a host without a free port.</summary>
    public bool Refuses { get; set; }

    /// <summary>Holds its lease and does nothing else.</summary>
    public bool Silent { get; set; }

    /// <summary>Returns the reply to a command; null: no reply.</summary>
    public Func<Command, Reply?> Answer { get; set; } = _ => null;

    public async Task StartAsync()
    {
        // The first call to a Redis that was just started may time out.
        await Eventually.Async(() => RenewAsync(), held => held);
        _work = Task.WhenAll(HoldLeaseAsync(), process.Inbox.RunAsync(id, () => _listening.TrySetResult(), Look, Obey, _stop.Token));
        await _listening.Task.WaitAsync(Eventually.Timeout);
    }

    /// <summary>The newest data version that it reads.</summary>
    public int DataVersion { get; init; } = ChatServer.Backplane.DataVersion.Current;

    /// <summary>Ends like a killed process: its lease expires.</summary>
    public async Task DieAsync()
    {
        await _stop.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Ends like a killed process whose lease has expired.</summary>
    public async Task BeLongDeadAsync()
    {
        await DieAsync();
        await process.Lease.ReleaseAsync(id);
    }

    public async ValueTask DisposeAsync()
    {
        await DieAsync();
        _stop.Dispose();
    }

    public Task<bool> RenewAsync(string state = HostRecord.Up) => process.Lease.RenewAsync(new HostRecord
    {
        Id = id,
        Address = "127.0.0.1",
        Rooms = Open.Count,
        Capacity = capacity,
        Connections = 3,
        MessagesPerSecond = 1.5,
        Cpu = 0.25,
        Memory = 3_000_000_000,
        State = state,
        Version = "1.0.0",
        DataVersion = DataVersion,
        LastSeen = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_123),
    });

    private async Task HoldLeaseAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(HostLease.RenewalInterval, _stop.Token);
            try
            {
                await RenewAsync();
            }
            catch (BackplaneUnavailableException)
            {
                // Redis is unavailable; the next renewal is due.
            }
        }
    }

    // Reconciles of one room do not overlap: both would claim the room, and the port of the first claim would be wrong.
    private void Look(string room) => _ = Task.Run(async () =>
    {
        var turn = _turns.GetOrAdd(room, _ => new SemaphoreSlim(1));
        await turn.WaitAsync();
        try
        {
            await ReconcileAsync(room);
        }
        finally
        {
            turn.Release();
        }
    });

    private async Task ReconcileAsync(string room)
    {
        if (Silent || await process.Rooms.FindAsync(room) is not { } record || record.HostId != id)
            return;
        if (record.State == RoomState.Closing)
        {
            await process.Ownership.DeleteAsync(room, id);
            Open.TryRemove(room, out _);
        }
        else if (Refuses)
        {
            await process.Ownership.RefuseAsync(room, id);
        }
        else if (record.State != RoomState.Open || !Open.ContainsKey(room))
        {
            var port = Interlocked.Increment(ref _nextPort);
            if (await process.Ownership.ClaimAsync(room, id, "127.0.0.1", port, newEpoch: false) is not { } mine)
                return;
            Open[room] = mine.Room;
            await process.Ownership.PublishOpenAsync(room);
        }
    }

    private void Obey(Command command)
    {
        if (Answer(command) is { } reply)
            _ = process.Inbox.ReplyAsync(command, reply);
    }
}
