using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// The order to shut the whole server down. It is a key, so a process that was cut off obeys when it is back; and it is compared
/// with what the process saw at its start, so the next start does not obey the last shutdown.
/// </summary>
public sealed class ClusterShutdown(BackplaneConnection connection, IdGenerator ids)
{
    private (bool Known, string? Id) _atStart;

    /// <summary>
    /// The <see cref="TraceContext"/> of the order that <see cref="IsOrderedAsync"/> found; null if there is none, or if it was not traced.
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

    /// <summary>Whether a shutdown was ordered since this process first asked. Ask at start.</summary>
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
