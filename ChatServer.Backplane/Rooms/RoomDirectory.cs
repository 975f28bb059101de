using ChatServer.Backplane.Connections;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane.Rooms;

/// <summary>Finds and lists rooms, and orders their shutdown. <see cref="RoomPlacement"/> creates rooms.</summary>
public sealed class RoomDirectory(BackplaneConnection connection)
{
    /// <summary>Returns the room, or null if there is none of that name.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<RoomRecord?> FindAsync(string name, CancellationToken ct = default) =>
        connection.RunAsync(async db => RoomRecord.FromHash(name, await db.HashGetAllAsync(RedisNames.Room(name))), ct);

    /// <summary>Names that a search reads in one call to Redis.</summary>
    private const int SearchPageSize = 1000;

    /// <summary>
    /// Returns the rooms after <paramref name="after"/>, in ordinal order of their names, at most <paramref name="limit"/>.
    /// </summary>
    /// <param name="after">The name before the first room; null: from the beginning.</param>
    /// <param name="limit">At least 1.</param>
    /// <param name="nameContains">
    /// A part of the names, without regard to case; null: all rooms. The search reads every name up to the last one found.
    /// </param>
    /// <param name="ct">Cancels the wait.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyList<RoomRecord>> ListAsync(
        string? after, int limit, string? nameContains = null, CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var rooms = new List<RoomRecord>();
        while (rooms.Count < limit)
        {
            var names = await db.SortedSetRangeByValueAsync(
                RedisNames.Rooms, min: after ?? RedisValue.Null, exclude: after is null ? Exclude.None : Exclude.Start,
                take: nameContains is null ? limit - rooms.Count : SearchPageSize);
            if (names.Length == 0)
                break;
            after = names[^1];
            var wanted = names.Where(n => nameContains is null
                || ((string)n!).Contains(nameContains, StringComparison.OrdinalIgnoreCase)).Take(limit - rooms.Count);
            var found = await Task.WhenAll(wanted.Select(async n =>
                RoomRecord.FromHash(n!, await db.HashGetAllAsync(RedisNames.Room(n!)))));
            rooms.AddRange(found.OfType<RoomRecord>());
        }
        return (IReadOnlyList<RoomRecord>)rooms;
    }, ct);

    /// <summary>Returns the number of rooms.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<long> CountAsync(CancellationToken ct = default) =>
        connection.RunAsync(db => db.SortedSetLengthAsync(RedisNames.Rooms), ct);

    /// <summary>Returns the names of all rooms, in ordinal order.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyList<string>> NamesAsync(CancellationToken ct = default) => connection.RunAsync(async db =>
        (IReadOnlyList<string>)Array.ConvertAll(await db.SortedSetRangeByValueAsync(RedisNames.Rooms), n => (string)n!), ct);

    /// <summary>
    /// Orders the shutdown of a room: its host closes the members and deletes the room with its history. A room of a dead host is
    /// deleted by this call. Returns false if there is no such room.
    /// </summary>
    /// <param name="name">The name of the room.</param>
    /// <param name="term">Only if the room has this term: a host may shut down only a room that is still its own. Null: any term.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> ShutdownAsync(
        string name, long? term = null, CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var host = (string?)await RedisScript.CloseRoom.RunAsync(
            db, [RedisNames.Room(name)], term is { } t ? t : RedisValue.EmptyString, TraceContext.Current ?? "");
        if (host is null)
            return false;
        // The host reconciles from its set. A creator that crashed may not have added the room to it.
        await db.SetAddAsync(RedisNames.HostRooms(host), name);
        if (await db.KeyExistsAsync(RedisNames.Host(host)))
            await db.PublishAsync(RedisChannel.Literal(RedisNames.HostChannel(host)), $"r {name}");
        else
            await DeleteAsync(db, name, host);
        return true;
    }, ct);

    /// <summary>Adds a room to the index and to the set of rooms that its host should have open. Not a room of a warm-up.</summary>
    internal static Task AddToIndexesAsync(IDatabase db, string name, string host) => WarmupRooms.IsWarmup(name)
        ? Task.CompletedTask
        : Task.WhenAll(db.SortedSetAddAsync(RedisNames.Rooms, name, 0), db.SetAddAsync(RedisNames.HostRooms(host), name));

    /// <summary>Removes a deleted room from the index and from the set of its host.</summary>
    internal static async Task RemoveFromIndexesAsync(IDatabase db, string name, string host)
    {
        await Task.WhenAll(db.SortedSetRemoveAsync(RedisNames.Rooms, name), db.SetRemoveAsync(RedisNames.HostRooms(host), name));
        // These keys are not keys of the room, so no script can remove all of them. Another process may have created the room again, and
        // added it, since the deletion: add it again.
        if (await db.HashGetAsync(RedisNames.Room(name), "host") is { IsNull: false } owner)
            await AddToIndexesAsync(db, name, owner!);
    }

    /// <summary>Deletes a closing room of <paramref name="host"/> and notifies all processes.</summary>
    internal static async Task DeleteAsync(IDatabase db, string name, string host)
    {
        await RedisScript.DeleteRoom.RunAsync(db, RedisNames.RoomKeys(name), host);
        await RemoveFromIndexesAsync(db, name, host);
        await db.PublishAsync(RedisChannel.Literal(RedisNames.RoomChanged), name);
    }
}
