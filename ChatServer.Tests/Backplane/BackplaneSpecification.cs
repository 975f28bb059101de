using System.Collections.Concurrent;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.Backplane;

/// <summary>
/// Runs on one Redis, which is emptied before every test. Each derived class names the kind of server and starts its own, so that classes
/// run in parallel.
/// </summary>
public abstract class BackplaneSpecification(RedisServer redis) : IAsyncLifetime
{
    protected static readonly RoomOptions Defaults = new();

    private readonly List<IAsyncDisposable> _started = [];
    private IConnectionMultiplexer? _raw;

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected RedisServer Redis => redis;

    /// <summary>A connection of the test itself.</summary>
    protected IDatabase Raw => (_raw ??= ConnectionMultiplexer.Connect(redis.ConnectionString)).GetDatabase();

    public virtual async ValueTask InitializeAsync()
    {
        await redis.EnsureStartedAsync();
        await redis.FlushAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started))
            await started.DisposeAsync();
        if (_raw is not null)
            await _raw.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Creates the Backplane of another process.</summary>
    protected BackplaneProcess Process(TimeProvider? time = null) => Own(new BackplaneProcess(redis.ConnectionString, time));

    /// <summary>Starts a host that opens the rooms that are assigned to it.</summary>
    protected async Task<FakeHost> HostAsync(string id, int capacity = 1000)
    {
        var host = Own(new FakeHost(Process(), id, capacity));
        await host.StartAsync();
        return host;
    }

    protected static async Task<RoomRecord> CreateAsync(BackplaneProcess process, string name, RoomOptions? options = null)
    {
        var answer = await process.Placement.CreateAsync(name, options ?? Defaults, Cancelled);
        Assert.NotNull(answer);
        return answer.Value.Room;
    }

    /// <summary>Subscribes to the notifications of rooms. Their names are added to the result as they arrive.</summary>
    protected static async Task<ConcurrentQueue<string>> ListenAsync(RoomChanges changes)
    {
        var changed = new ConcurrentQueue<string>();
        var listening = new TaskCompletionSource();
        changes.RoomChanged += changed.Enqueue;
        changes.ChangesMissed += () => listening.TrySetResult();
        changes.Start();
        await listening.Task.WaitAsync(Eventually.Timeout, Cancelled);
        return changed;
    }

    protected T Own<T>(T started) where T : IAsyncDisposable
    {
        _started.Add(started);
        return started;
    }

    protected Task<RedisKey[]> KeysAsync(string pattern) =>
        Task.FromResult(Raw.Multiplexer.GetServers()[0].Keys(pattern: pattern).ToArray());
}
