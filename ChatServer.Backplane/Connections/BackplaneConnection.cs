using ChatServer.Metrics;
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
public sealed class BackplaneConnection(
    RedisConnector connect, RedisFailureLog failures, RedisConnectionMetrics metrics, IdGenerator ids)
{
    // Opening blocks for two seconds while Redis is unavailable. This one blocks the start of the process, the others a thread of the pool.
    private readonly IConnectionMultiplexer _commands = Open(connect, metrics, RedisClients.Commands);
    private readonly Lazy<Task<IConnectionMultiplexer>> _appends = new(() => Task.Run(() => Open(connect, metrics, RedisClients.Appends)));
    private readonly Lazy<Task<IConnectionMultiplexer>> _subscriptions = new(
        () => Task.Run(() => Open(connect, metrics, RedisClients.Subscriptions)));

    /// <summary>Identifies this run of the process, for example in the name of its reply channel.</summary>
    public string Instance { get; } = ids.NewId();

    internal IDatabase Commands => _commands.GetDatabase();

    /// <summary>
    /// Whether Redis is a cluster: a <c>PUBLISH</c> then counts the subscribers of one node only, and its answer 0 means nothing.
    /// </summary>
    internal bool IsCluster => _commands.GetServers().Any(server => server.ServerType == ServerType.Cluster);

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
            var result = await work(Commands).WaitAsync(ct);
            failures.ReportSuccess();
            return result;
        }
        catch (Exception e) when (IsUnavailable(e))
        {
            // The library also cancels commands itself, when its connection is closed.
            ct.ThrowIfCancellationRequested();
            BackplaneMetrics.Failures.Add(1);
            failures.ReportFailure(e);
            throw Unavailable(e);
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
            BackplaneMetrics.Failures.Add(1);
            failures.ReportFailure(e);
            throw Unavailable(e);
        }
    }

    /// <summary>
    /// Whether <paramref name="e"/> means that Redis is unreachable, or refuses a call that is right: see <see cref="RedisRefusals"/>.
    /// </summary>
    internal static bool IsUnavailable(Exception e) =>
        e is RedisConnectionException or RedisTimeoutException or ObjectDisposedException or TaskCanceledException
        || RedisRefusals.IsAnswer(e);

    private static BackplaneUnavailableException Unavailable(Exception e) => new("Redis is unavailable.", e);

    private static IConnectionMultiplexer Open(RedisConnector connect, RedisConnectionMetrics metrics, string client)
    {
        // Without this the connection's timers would keep the caller's activity and add their pings to its trace for the lifetime of the
        // process.
        using var noFlow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        return metrics.Add(client, RedisTracing.LimitToRecordedActivities(connect(client)));
    }
}
