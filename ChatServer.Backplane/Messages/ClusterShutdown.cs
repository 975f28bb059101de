using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// The order to shut the whole server down. It is a key, so a process that was cut off obeys when it is back; and it is compared
/// with what the process saw at its start, so the next start does not obey the last shutdown.
/// </summary>
public sealed class ClusterShutdown(BackplaneConnection connection)
{
    private (bool Known, string? Id) _atStart;

    /// <summary>Orders every Api and RoomHost to stop.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task OrderAsync() => connection.RunAsync(async db =>
    {
        await db.StringSetAsync(RedisNames.Shutdown, Guid.NewGuid().ToString("N"));
        return await db.PublishAsync(RedisChannel.Literal(RedisNames.Look), RedisValue.EmptyString);
    });

    /// <summary>Whether a shutdown was ordered since this process first asked. Ask at start.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> IsOrderedAsync() => connection.RunAsync(async db =>
    {
        var id = (string?)await db.StringGetAsync(RedisNames.Shutdown);
        if (!_atStart.Known)
            _atStart = (true, id);
        return id is not null && id != _atStart.Id;
    });
}
