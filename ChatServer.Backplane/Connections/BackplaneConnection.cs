using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// This process's connections to Redis, see <see cref="RedisClients"/>. Those for appends and subscriptions are opened when first used: many
/// processes need only the one for commands.
/// </summary>
/// <remarks>
/// Commands fail at once while Redis is away instead of queueing up: callers answer <c>redis-unavailable</c> or try again.
/// Every failure of Redis leaves here as <see cref="BackplaneUnavailableException"/>.
/// </remarks>
public sealed class BackplaneConnection(RedisConnector connect, IdGenerator ids)
{
    // Connecting blocks for two seconds while Redis is away. Here that is at the start of the process; below it is not on the caller's thread.
    private readonly IConnectionMultiplexer _commands = Open(connect, RedisClients.Commands);
    private readonly Lazy<Task<IConnectionMultiplexer>> _appends = new(() => Task.Run(() => Open(connect, RedisClients.Appends)));
    private readonly Lazy<Task<IConnectionMultiplexer>> _subscriptions = new(() => Task.Run(() => Open(connect, RedisClients.Subscriptions)));

    /// <summary>This process, to the others: names its reply channel. New at every start.</summary>
    public string Instance { get; } = ids.NewId();

    internal IDatabase Commands => _commands.GetDatabase();

    internal async ValueTask<IDatabase> AppendsAsync() => (await _appends.Value).GetDatabase();

    internal async ValueTask<ISubscriber> SubscriberAsync(CancellationToken ct = default)
    {
        var connection = await _subscriptions.Value.WaitAsync(ct);
        return connection.GetSubscriber();
    }

    /// <summary>Asks Redis for a sign of life.</summary>
    /// <exception cref="BackplaneUnavailableException">There was none.</exception>
    internal Task<TimeSpan> PingAsync(CancellationToken ct = default) => RunAsync(db => db.PingAsync(), ct);

    /// <summary>Runs <paramref name="work"/> on the connection for commands.</summary>
    /// <param name="work">The commands.</param>
    /// <param name="ct">
    /// Ends the wait, not the work: StackExchange.Redis cannot cancel a command, so the commands of <paramref name="work"/> are still sent.
    /// Work of several commands is therefore never cut short.
    /// </param>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException"/>
    internal async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> work, CancellationToken ct = default)
    {
        try
        {
            return await work(Commands).WaitAsync(ct);
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            // The library also cancels commands itself, when its connection is closed.
            throw ct.IsCancellationRequested ? new OperationCanceledException(ct) : Unavailable(e);
        }
    }

    /// <summary>Runs <paramref name="work"/> on the connection for appends. Not cancellable: the outcome of an append must be known.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    internal async Task<T> RunAppendAsync<T>(Func<IDatabase, Task<T>> work)
    {
        try
        {
            return await work(await AppendsAsync());
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            throw Unavailable(e);
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

    private static BackplaneUnavailableException Unavailable(Exception e) => new("Redis is unavailable.", e);

    private static IConnectionMultiplexer Open(RedisConnector connect, string client)
    {
        // Timers of the connection would keep the caller's activity, and add their pings to its trace for as long as the process runs.
        using var noFlow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        return RedisTracing.LimitToRecordedActivities(connect(client));
    }
}
