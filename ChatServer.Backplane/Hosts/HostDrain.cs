using ChatServer.Backplane.Connections;
using StackExchange.Redis;

namespace ChatServer.Backplane.Hosts;

/// <summary>
/// The order to a host to accept no new rooms and to move its rooms to other hosts. The order is a key, so it survives a restart of the
/// host. It is in effect until it is cancelled.
/// </summary>
public sealed class HostDrain(BackplaneConnection connection)
{
    /// <summary>How long work that the order causes is part of the order's trace.</summary>
    public static readonly TimeSpan TraceLifetime = TimeSpan.FromMinutes(1);

    /// <summary>Orders <paramref name="host"/> to drain. Returns false if no live host has this id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> OrderAsync(string host, CancellationToken ct = default) => WriteAndNotifyAsync(host, async db =>
    {
        if (TraceContext.Current is { } traceparent)
            await db.StringSetAsync(RedisNames.DrainTrace(host), traceparent, TraceLifetime);
        await db.SetAddAsync(RedisNames.Draining, host);
    }, ct);

    /// <summary>Cancels the order: the host accepts rooms again. Returns false if no live host has this id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> CancelAsync(string host, CancellationToken ct = default) =>
        WriteAndNotifyAsync(host, db => db.SetRemoveAsync(RedisNames.Draining, host), ct);

    /// <summary>Returns whether <paramref name="host"/> has a drain order.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> IsOrderedAsync(string host, CancellationToken ct = default) =>
        connection.RunAsync(db => db.SetContainsAsync(RedisNames.Draining, host), ct);

    /// <summary>
    /// Returns the <see cref="TraceContext"/> of the order to <paramref name="host"/>; null if the order was not traced, or is older than
    /// <see cref="TraceLifetime"/>.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<string?> TraceparentAsync(string host, CancellationToken ct = default) =>
        connection.RunAsync(async db => (string?)await db.StringGetAsync(RedisNames.DrainTrace(host)), ct);

    private Task<bool> WriteAndNotifyAsync(
        string host, Func<IDatabase, Task> write, CancellationToken ct) => connection.RunAsync(async db =>
    {
        if (!await db.KeyExistsAsync(RedisNames.Host(host)))
            return false;
        await write(db);
        await db.PublishAsync(RedisChannel.Literal(RedisNames.ClusterSignal), RedisValue.EmptyString);
        return true;
    }, ct);
}
