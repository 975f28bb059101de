using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>Which rooms there are and where: looking up, listing, and ordering a shutdown. Creation is <see cref="RoomPlacement"/>.</summary>
public sealed class RoomDirectory(BackplaneConnection connection)
{
    /// <summary>The room, or null when there is none of that name.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<RoomRecord?> FindAsync(string name, CancellationToken ct = default) =>
        connection.RunAsync(async db => RoomRecord.FromHash(name, await db.HashGetAllAsync(RedisNames.Room(name))), ct);

    /// <summary>Names that a search looks at in one question to Redis.</summary>
    private const int SearchPageSize = 1000;

    /// <summary>Rooms by name (ordinal), those behind <paramref name="after"/>, at most <paramref name="limit"/>.</summary>
    /// <param name="after">Name before the first; null: from the beginning.</param>
    /// <param name="limit">At least 1.</param>
    /// <param name="nameContains">Only rooms with this in their name, in any case; null: all. It reads every name up to the last one
    /// found.</param>
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

    /// <summary>How many rooms there are.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<long> CountAsync(CancellationToken ct = default) => connection.RunAsync(db => db.SortedSetLengthAsync(RedisNames.Rooms), ct);

    /// <summary>Names of all rooms, in order.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyList<string>> NamesAsync(CancellationToken ct = default) => connection.RunAsync(async db =>
        (IReadOnlyList<string>)Array.ConvertAll(await db.SortedSetRangeByValueAsync(RedisNames.Rooms), n => (string)n!), ct);

    /// <summary>
    /// Orders a room to be shut down: its host closes the members and deletes it with its history; a room whose host is not
    /// alive is deleted here. False when there is no such room.
    /// </summary>
    /// <param name="name">The room.</param>
    /// <param name="term">Only if this is its term: a host that orders it must still have the room.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> ShutdownAsync(
        string name, long? term = null, CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var host = (string?)await RedisScript.CloseRoom.RunAsync(
            db, [RedisNames.Room(name)], term is { } t ? t : RedisValue.EmptyString, TraceContext.Current ?? "");
        if (host is null)
            return false;
        // Into the set of wanted rooms too: a creation that died half-way may not have put it there, and the host reconciles from it.
        await db.SetAddAsync(RedisNames.HostRooms(host), name);
        if (await db.KeyExistsAsync(RedisNames.Host(host)))
            await db.PublishAsync(RedisChannel.Literal(RedisNames.HostChannel(host)), $"r {name}");
        else
            await DeleteAsync(db, name, host);
        return true;
    }, ct);

    /// <summary>Puts a room into the index and among those that its host should have open.</summary>
    internal static Task AddToIndexesAsync(IDatabase db, string name, string host) =>
        Task.WhenAll(db.SortedSetAddAsync(RedisNames.Rooms, name, 0), db.SetAddAsync(RedisNames.HostRooms(host), name));

    /// <summary>Takes a room that was deleted out of both again.</summary>
    internal static async Task RemoveFromIndexesAsync(IDatabase db, string name, string host)
    {
        await Task.WhenAll(db.SortedSetRemoveAsync(RedisNames.Rooms, name), db.SetRemoveAsync(RedisNames.HostRooms(host), name));
        // These keys are not the room's, so no script removes all at once. Somebody may have made the room anew, and enlisted it, between
        // its deletion and here: look again.
        if (await db.HashGetAsync(RedisNames.Room(name), "host") is { IsNull: false } owner)
            await AddToIndexesAsync(db, name, owner!);
    }

    /// <summary>Deletes a closing room of <paramref name="host"/> and tells everyone.</summary>
    internal static async Task DeleteAsync(IDatabase db, string name, string host)
    {
        await RedisScript.DeleteRoom.RunAsync(db, RedisNames.RoomKeys(name), host);
        await RemoveFromIndexesAsync(db, name, host);
        await db.PublishAsync(RedisChannel.Literal(RedisNames.RoomChanged), name);
    }
}
