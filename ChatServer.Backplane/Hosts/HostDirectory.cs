using ChatServer.Backplane.Connections;
using StackExchange.Redis;

namespace ChatServer.Backplane.Hosts;

/// <summary>The RoomHosts that are alive, and their load. A host is alive while it has its lease.</summary>
public sealed class HostDirectory(BackplaneConnection connection, CorruptRecords corrupt)
{
    // A replica whose primary is lost reports that every lease has expired, and may lack the last changes.
    internal const CommandFlags Fresh = CommandFlags.DemandMaster;

    /// <summary>Returns the live hosts, ordered by id. A host whose record is corrupt is left out.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<IReadOnlyList<HostRecord>> ListAsync(CancellationToken ct = default) =>
        (await ListAliveAndDeadAsync(ct)).Alive;

    /// <summary>Returns the live hosts, and the ids of those whose lease has expired, both ordered by id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    internal Task<(IReadOnlyList<HostRecord> Alive, IReadOnlyList<string> Dead)> ListAliveAndDeadAsync(
        CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var ids = (await db.SetMembersAsync(RedisNames.Hosts, Fresh)).Select(id => (string)id!).Order(StringComparer.Ordinal).ToList();
        var records = await Task.WhenAll(ids.Select(id => corrupt.TryReadAsync(RedisNames.Host(id), () => FindOrRemoveAsync(db, id))));
        // A corrupt record does not mean that the host is dead: while the key exists, the host has its lease.
        var isDead = await Task.WhenAll(ids.Select(async (id, i) =>
            records[i] is null && !await db.KeyExistsAsync(RedisNames.Host(id), Fresh)));
        IReadOnlyList<string> dead = [.. ids.Where((_, i) => isDead[i])];
        return ((IReadOnlyList<HostRecord>)[.. records.OfType<HostRecord>()], dead);
    }, ct);

    /// <summary>Whether the host is alive, up, and without a drain order.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    internal Task<bool> AcceptsRoomsAsync(string id, CancellationToken ct) => connection.RunAsync(async db =>
    {
        var state = db.HashGetAsync(RedisNames.Host(id), "state", Fresh);
        var isDraining = db.SetContainsAsync(RedisNames.Draining, id, Fresh);
        return await state == HostRecord.Up & !await isDraining;
    }, ct);

    /// <summary>
    /// Returns the hosts that accept rooms (alive, up, and without a drain order) with the number of rooms that are assigned to each, which
    /// is newer than the host's last report.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    internal async Task<IReadOnlyList<(HostRecord Host, long Rooms)>> ListLoadsAsync(CancellationToken ct)
    {
        var hosts = (await ListAsync(ct)).Where(h => h.AcceptsRooms).ToList();
        var (loads, draining) = await connection.RunAsync(async db => (
            await Task.WhenAll(hosts.Select(h => db.SetLengthAsync(RedisNames.HostRooms(h.Id)))),
            // A host reports that it drains with its next renewal; the order is in effect at once.
            (await db.SetMembersAsync(RedisNames.Draining)).Select(id => (string)id!).ToHashSet()), ct);
        return [.. hosts.Zip(loads).Where(load => !draining.Contains(load.First.Id))];
    }

    // By default each start of a host has a new id, so ids without a lease and without rooms are removed. A host that starts at this moment
    // is added again by its next renewal.
    private static async Task<HostRecord?> FindOrRemoveAsync(IDatabase db, string id)
    {
        var record = HostRecord.FromHash(id, await db.HashGetAllAsync(RedisNames.Host(id), Fresh));
        if (record is null && !await db.KeyExistsAsync(RedisNames.HostRooms(id)))
            await Task.WhenAll(db.SetRemoveAsync(RedisNames.Hosts, id), db.SetRemoveAsync(RedisNames.Draining, id));
        return record;
    }
}
