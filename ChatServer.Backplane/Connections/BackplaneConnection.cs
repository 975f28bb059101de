using StackExchange.Redis;

namespace ChatServer.Backplane.Connections;

/// <summary>
/// The connections of this process to Redis, one for each purpose (<see cref="RedisClients"/>). The connections for appends and
/// subscriptions are opened at their first use, because many processes need only the one for commands.
/// </summary>
/// <remarks>
/// While Redis is unavailable commands fail at once and are not queued: callers answer <c>redis-unavailable</c> or repeat the call.
/// Every failure of Redis is reported as a <see cref="BackplaneUnavailableException"/>.
/// </remarks>
public sealed class BackplaneConnection(RedisConnector connect, IdGenerator ids)
{
    // Opening blocks for two seconds while Redis is unavailable. This one blocks the start of the process, the others a thread of the pool.
    private readonly IConnectionMultiplexer _commands = Open(connect, RedisClients.Commands);
    private readonly Lazy<Task<IConnectionMultiplexer>> _appends = new(() => Task.Run(() => Open(connect, RedisClients.Appends)));
    private readonly Lazy<Task<IConnectionMultiplexer>> _subscriptions = new(
        () => Task.Run(() => Open(connect, RedisClients.Subscriptions)));

    /// <summary>Identifies this run of the process, for example in the name of its reply channel.</summary>
    public string Instance { get; } = ids.NewId();

    internal IDatabase Commands => _commands.GetDatabase();

    internal async ValueTask<IDatabase> AppendsAsync() => (await _appends.Value).GetDatabase();

    internal async ValueTask<ISubscriber> SubscriberAsync(CancellationToken ct = default)
    {
        var connection = await _subscriptions.Value.WaitAsync(ct);
        return connection.GetSubscriber();
    }

    /// <summary>Sends a ping and returns the round-trip time.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException"/>
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

    /// <summary>
    /// Runs <paramref name="work"/> on the connection for appends. Not cancellable: the outcome of an append must be known.
    /// </summary>
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

    /// <summary>
    /// Whether <paramref name="e"/> means that Redis is unreachable, starting, read-only or overloaded, and not that the call was wrong.
    /// </summary>
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
        // Without this the connection's timers would keep the caller's activity and add their pings to its trace for the lifetime of the
        // process.
        using var noFlow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        return RedisTracing.LimitToRecordedActivities(connect(client));
    }
}
