using ChatServer.Backplane.Connections;
using StackExchange.Redis;

namespace ChatServer.Backplane.Messages;

/// <summary>
/// The order to shut down the whole server. The order is a key, so a process that was disconnected carries it out later. Each process
/// compares the key with its value at its own start, so a process that starts after the order ignores it.
/// </summary>
public sealed class ClusterShutdown(BackplaneConnection connection, IdGenerator ids)
{
    private (bool Known, string? Id) _atStart;

    /// <summary>
    /// The <see cref="TraceContext"/> of the order that <see cref="IsOrderedAsync"/> found; null if it found none, or if it was not traced.
    /// </summary>
    public string? Traceparent { get; private set; }

    /// <summary>Orders every Api and RoomHost to stop.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task OrderAsync(CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var id = ids.NewId();
        await db.StringSetAsync(RedisNames.Shutdown, TraceContext.Current is { } traceparent ? $"{id} {traceparent}" : id);
        return await db.PublishAsync(RedisChannel.Literal(RedisNames.ClusterSignal), RedisValue.EmptyString);
    }, ct);

    /// <summary>
    /// Returns whether a shutdown was ordered since the first call, which must therefore be made at the start. Not for concurrent calls.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> IsOrderedAsync(CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var id = (string?)await db.StringGetAsync(RedisNames.Shutdown);
        if (!_atStart.Known)
            _atStart = (true, id);
        if (id is null || id == _atStart.Id)
            return false;
        Traceparent = id.Split(' ') is [_, var traceparent] ? traceparent : null;
        return true;
    }, ct);
}
