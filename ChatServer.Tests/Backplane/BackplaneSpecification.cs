using System.Collections.Concurrent;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.Backplane;

/// <summary>
/// Runs on one Redis, which every test finds empty. Each derived class names the server and has one of its own, so that classes run in
/// parallel.
/// </summary>
public abstract class BackplaneSpecification(RedisServer redis) : IAsyncLifetime
{
    protected static readonly RoomOptions Defaults = new();

    private readonly List<IAsyncDisposable> _started = [];
    private IConnectionMultiplexer? _raw;

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected RedisServer Redis => redis;

    /// <summary>What redis-cli would see.</summary>
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

    /// <summary>Another process of the cluster.</summary>
    protected BackplaneProcess Process(TimeProvider? time = null) => Own(new BackplaneProcess(redis.ConnectionString, time));

    /// <summary>A live host that opens what it is given.</summary>
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

    /// <summary>Listens from now on; what is heard is added as it comes.</summary>
    protected static async Task<ConcurrentQueue<string>> ListenAsync(RoomChanges changes)
    {
        var heard = new ConcurrentQueue<string>();
        var listening = new TaskCompletionSource();
        changes.RoomChanged += heard.Enqueue;
        changes.ChangesMissed += () => listening.TrySetResult();
        changes.Start();
        await listening.Task.WaitAsync(Eventually.Timeout, Cancelled);
        return heard;
    }

    protected T Own<T>(T started) where T : IAsyncDisposable
    {
        _started.Add(started);
        return started;
    }

    protected Task<RedisKey[]> KeysAsync(string pattern) =>
        Task.FromResult(Raw.Multiplexer.GetServers()[0].Keys(pattern: pattern).ToArray());
}
