using ChatServer.Backplane.Connections;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane.Rooms;

/// <summary>Changes the options of existing rooms.</summary>
public sealed class RoomOptionsWriter(BackplaneConnection connection)
{
    /// <summary>
    /// Changes the options of a room and nudges its host, which applies them at once. A host that misses the nudge applies them in a later
    /// round of its reconciliation, and every later host has them with its claim.
    /// </summary>
    /// <param name="name">The name of the room.</param>
    /// <param name="change">Returns the new options. Called again if another process changed the options in the meantime.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <returns>The options; null if there is no such room, or if it is closing.</returns>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="CorruptRecordException">The record of the room is corrupt.</exception>
    public Task<RoomOptions?> ChangeAsync(
        string name, Func<RoomOptions, RoomOptions> change, CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        while (await ReadAsync(db, name) is var (before, options))
        {
            options = change(options);
            var host = (string?)await RedisScript.ChangeOptions.RunAsync(
                db, [RedisNames.Room(name)], before, StoredOptions.Write(options, before));
            if (host is null)
                return null;
            if (host == "")
                continue;
            await db.PublishAsync(RedisChannel.Literal(RedisNames.HostChannel(host)), $"r {name}");
            return options;
        }
        return null;
    }, ct);

    private static async Task<(string Json, RoomOptions Options)?> ReadAsync(IDatabase db, string name)
    {
        if ((string?)await db.HashGetAsync(RedisNames.Room(name), "options") is not { } json)
            return null;
        try
        {
            return (json, StoredOptions.Read(json));
        }
        catch (Exception e) when (CorruptRecordException.IsCause(e))
        {
            throw new CorruptRecordException($"The options of the room {name} in Redis are corrupt.", e);
        }
    }
}
