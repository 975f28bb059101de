using System.Collections.Concurrent;
using ChatServer.Backplane;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

/// <summary>A RoomHost without rooms: holds a lease, claims what it is told to look at, and deletes what is closing.</summary>
public sealed class FakeHost(BackplaneProcess process, string id, int capacity) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new();
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _work = Task.CompletedTask;
    private int _nextPort = 34000;

    public string Id => id;

    public BackplaneProcess Process => process;

    /// <summary>The rooms that it has open, by name.</summary>
    public ConcurrentDictionary<string, RoomRecord> Open { get; } = new();

    /// <summary>It has no port left.</summary>
    public bool Refuses { get; set; }

    /// <summary>It holds its lease and does nothing else.</summary>
    public bool Silent { get; set; }

    /// <summary>What it answers to a command; null: nothing.</summary>
    public Func<Command, Reply?> Answer { get; set; } = _ => null;

    public async Task StartAsync()
    {
        // A Redis that has just been started may take longer than a call waits, the first time.
        await Eventually.Async(() => RenewAsync(), held => held);
        _work = Task.WhenAll(HoldLeaseAsync(), process.Inbox.RunAsync(id, () => _listening.TrySetResult(), Look, Obey, _stop.Token));
        await _listening.Task.WaitAsync(Eventually.Timeout);
    }

    /// <summary>Ends like a killed process: says nothing, its lease runs out.</summary>
    public async Task DieAsync()
    {
        await _stop.CancelAsync();
        await _work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Dies, and so long ago that its lease has run out.</summary>
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
                // Redis is away; a host tries on.
            }
        }
    }

    // One look at a room at a time: two that overlap would claim it twice, and the port told first would be wrong.
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
