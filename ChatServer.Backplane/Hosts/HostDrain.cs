using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// The order to a host to take no new rooms and to move those it has to others. It is a key, so it outlives a restart of the host;
/// it ends by an order too.
/// </summary>
public sealed class HostDrain(BackplaneConnection connection)
{
    /// <summary>For this long work that the order causes belongs to the order's trace.</summary>
    public static readonly TimeSpan TraceLifetime = TimeSpan.FromMinutes(1);

    /// <summary>Orders it. False: there is no live host of this id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> OrderAsync(string host, CancellationToken ct = default) => WriteAndNotifyAsync(host, async db =>
    {
        if (TraceContext.Current is { } traceparent)
            await db.StringSetAsync(RedisNames.DrainTrace(host), traceparent, TraceLifetime);
        await db.SetAddAsync(RedisNames.Draining, host);
    }, ct);

    /// <summary>Ends it: the host takes rooms again. False: there is no live host of this id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> CancelAsync(string host, CancellationToken ct = default) =>
        WriteAndNotifyAsync(host, db => db.SetRemoveAsync(RedisNames.Draining, host), ct);

    /// <summary>Whether <paramref name="host"/> is to drain.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> IsOrderedAsync(string host, CancellationToken ct = default) =>
        connection.RunAsync(db => db.SetContainsAsync(RedisNames.Draining, host), ct);

    /// <summary>
    /// The <see cref="TraceContext"/> of the order to <paramref name="host"/>; null if it was not traced, or was given too long ago.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<string?> TraceparentAsync(string host, CancellationToken ct = default) =>
        connection.RunAsync(async db => (string?)await db.StringGetAsync(RedisNames.DrainTrace(host)), ct);

    private Task<bool> WriteAndNotifyAsync(string host, Func<IDatabase, Task> write, CancellationToken ct) => connection.RunAsync(async db =>
    {
        if (!await db.KeyExistsAsync(RedisNames.Host(host)))
            return false;
        await write(db);
        await db.PublishAsync(RedisChannel.Literal(RedisNames.ClusterSignal), RedisValue.EmptyString);
        return true;
    }, ct);
}
