using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane.Rooms;

/// <summary>Finds and lists rooms, and orders their shutdown. <see cref="RoomPlacement"/> creates rooms.</summary>
public sealed class RoomDirectory(BackplaneConnection connection, CorruptRecords corrupt)
{
    /// <summary>Returns the room, or null if there is none of that name.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="CorruptRecordException">Its record is corrupt. <see cref="ShutdownAsync"/> deletes it.</exception>
    public Task<RoomRecord?> FindAsync(string name, CancellationToken ct = default) =>
        connection.RunAsync(db => RoomRecord.ReadAsync(db, name), ct);

    /// <summary>As <see cref="FindAsync"/>, from the primary only: a replica may lack the last changes.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="CorruptRecordException"/>
    public Task<RoomRecord?> FindAtPrimaryAsync(string name) =>
        connection.RunAsync(db => RoomRecord.ReadAsync(db, name, CommandFlags.DemandMaster));

    private static bool Matches(RoomRecord room, string search) =>
        room.Name.Contains(search, StringComparison.OrdinalIgnoreCase)
        || (room.Options.Title?.Contains(search, StringComparison.OrdinalIgnoreCase) ?? false);

    /// <summary>Rooms that a search reads at the same time.</summary>
    private const int SearchPageSize = 1000;

    /// <summary>
    /// Returns the rooms after <paramref name="after"/>, in ordinal order of their names, at most <paramref name="limit"/>. A room whose
    /// record is corrupt is left out.
    /// </summary>
    /// <param name="after">The name before the first room; null: from the beginning.</param>
    /// <param name="limit">At least 1.</param>
    /// <param name="search">
    /// A part of the name or the title, without regard to case; null: all rooms. The search reads every room up to the last one found.
    /// </param>
    /// <param name="ct">Cancels the wait.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyList<RoomRecord>> ListAsync(
        string? after, int limit, string? search = null, CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var rooms = new List<RoomRecord>();
        while (rooms.Count < limit)
        {
            var names = await db.SortedSetRangeByValueAsync(
                RedisNames.Rooms, min: after ?? RedisValue.Null, exclude: after is null ? Exclude.None : Exclude.Start,
                take: search is null ? limit - rooms.Count : SearchPageSize);
            if (names.Length == 0)
                break;
            after = names[^1];
            var found = await Task.WhenAll(names.Select(n =>
                corrupt.TryReadAsync(RedisNames.Room(n!), () => RoomRecord.ReadAsync(db, n!))));
            rooms.AddRange(found.OfType<RoomRecord>().Where(room => search is null || Matches(room, search)).Take(limit - rooms.Count));
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
    /// deleted by this call, and so is a room whose record is corrupt. Returns false if there is no such room.
    /// </summary>
    /// <param name="name">The name of the room.</param>
    /// <param name="term">Only if the room has this term: a host may shut down only a room that is still its own. Null: any term.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> ShutdownAsync(
        string name, long? term = null, CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        if (term is null && await DeleteIfCorruptAsync(db, name))
            return true;
        var host = (string?)await RedisScript.CloseRoom.RunAsync(
            db, [RedisNames.Room(name)], term is { } t ? t : RedisValue.EmptyString, TraceContext.Current ?? "");
        if (host is null)
            return false;
        // The host reconciles from its set. A creator that crashed may not have added the room to it. A read first, because the write needs
        // memory: the shutdown of rooms frees it.
        if (!await db.SetContainsAsync(RedisNames.HostRooms(host), name))
            await db.SetAddAsync(RedisNames.HostRooms(host), name);
        if (await db.KeyExistsAsync(RedisNames.Host(host), HostDirectory.Fresh))
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

    // A host that has the room open finds no record in its next round, closes the members and frees the port.
    private static async Task<bool> DeleteIfCorruptAsync(IDatabase db, string name)
    {
        try
        {
            await RoomRecord.ReadAsync(db, name);
            return false;
        }
        catch (CorruptRecordException)
        {
            await db.KeyDeleteAsync(RedisNames.RoomKeys(name));
            await db.SortedSetRemoveAsync(RedisNames.Rooms, name);
            await db.PublishAsync(RedisChannel.Literal(RedisNames.RoomChanged), name);
            return true;
        }
    }

    /// <summary>Deletes a closing room of <paramref name="host"/> and notifies all processes.</summary>
    internal static async Task DeleteAsync(IDatabase db, string name, string host)
    {
        await RedisScript.DeleteRoom.RunAsync(db, RedisNames.RoomKeys(name), host);
        await RemoveFromIndexesAsync(db, name, host);
        await db.PublishAsync(RedisChannel.Literal(RedisNames.RoomChanged), name);
    }
}
