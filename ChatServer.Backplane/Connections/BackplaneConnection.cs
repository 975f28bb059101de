using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// This process's connections to Redis: one for commands, one for the room logs' appends (so that an append never queues
/// behind a listing) and one for subscriptions. The last two are opened when first used.
/// </summary>
/// <remarks>
/// Commands fail at once while Redis is away instead of queueing up: callers answer <c>redis-unavailable</c> or try again.
/// Every failure of Redis leaves here as <see cref="BackplaneUnavailableException"/>.
/// </remarks>
public sealed class BackplaneConnection(IConnectionMultiplexer commands) : IAsyncDisposable
{
    private readonly Lazy<Task<IConnectionMultiplexer>> _appends = new(() => OpenAsync(commands));
    private readonly Lazy<Task<IConnectionMultiplexer>> _subscriptions = new(() => OpenAsync(commands));

    /// <summary>This process, to the others: names its reply channel. New at every start.</summary>
    public string Instance { get; } = Guid.NewGuid().ToString("N");

    /// <summary>Whether Redis answered lately.</summary>
    public bool IsConnected => commands.IsConnected;

    internal IDatabase Commands => commands.GetDatabase();

    internal async ValueTask<IDatabase> AppendsAsync() => (await _appends.Value).GetDatabase();

    internal async ValueTask<ISubscriber> SubscriberAsync()
    {
        var connection = await _subscriptions.Value;
        return connection.GetSubscriber();
    }

    /// <summary>Asks Redis for a sign of life.</summary>
    /// <exception cref="BackplaneUnavailableException">There was none.</exception>
    public Task<TimeSpan> PingAsync() => RunAsync(db => db.PingAsync());

    /// <summary>Runs commands; the one place where Redis' exceptions become the Backplane's.</summary>
    internal async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> work)
    {
        try
        {
            return await work(Commands);
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw new BackplaneUnavailableException("Redis is unavailable.", e);
        }
    }

    /// <summary>Whether <paramref name="e"/> says that Redis is away, starting, or out of time, rather than that we are wrong.</summary>
    internal static bool IsUnavailable(Exception e) =>
        e is RedisConnectionException or RedisTimeoutException or ObjectDisposedException or TaskCanceledException
        || e is RedisServerException { Message: var m }
            && (m.StartsWith("LOADING", StringComparison.Ordinal) || m.StartsWith("READONLY", StringComparison.Ordinal)
                || m.StartsWith("MISCONF", StringComparison.Ordinal) || m.StartsWith("OOM", StringComparison.Ordinal)
                || m.StartsWith("BUSY", StringComparison.Ordinal) || m.StartsWith("MASTERDOWN", StringComparison.Ordinal)
                || m.StartsWith("NOREPLICAS", StringComparison.Ordinal) || m.StartsWith("CLUSTERDOWN", StringComparison.Ordinal)
                || m.StartsWith("TRYAGAIN", StringComparison.Ordinal));

    private static async Task<IConnectionMultiplexer> OpenAsync(IConnectionMultiplexer like) =>
        await ConnectionMultiplexer.ConnectAsync(RedisConfiguration.Parse(like.Configuration));

    public async ValueTask DisposeAsync()
    {
        foreach (var lazy in new[] { _appends, _subscriptions })
        {
            if (lazy.IsValueCreated)
                await (await lazy.Value).DisposeAsync();
        }
    }
}
