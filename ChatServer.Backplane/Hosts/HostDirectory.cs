using ChatServer.Backplane.Connections;
using StackExchange.Redis;

namespace ChatServer.Backplane.Hosts;

/// <summary>The RoomHosts that are alive, and their load. A host is alive while it has its lease.</summary>
public sealed class HostDirectory(BackplaneConnection connection)
{
    /// <summary>Returns the live hosts, ordered by id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<IReadOnlyList<HostRecord>> ListAsync(CancellationToken ct = default) =>
        (await ListAliveAndDeadAsync(ct)).Alive;

    /// <summary>Returns the live hosts, and the ids of those whose lease has expired, both ordered by id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    internal Task<(IReadOnlyList<HostRecord> Alive, IReadOnlyList<string> Dead)> ListAliveAndDeadAsync(
        CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var ids = (await db.SetMembersAsync(RedisNames.Hosts)).Select(id => (string)id!).Order(StringComparer.Ordinal).ToList();
        var records = await Task.WhenAll(ids.Select(id => FindOrRemoveAsync(db, id)));
        IReadOnlyList<string> dead = [.. ids.Where((_, i) => records[i] is null)];
        return ((IReadOnlyList<HostRecord>)[.. records.OfType<HostRecord>()], dead);
    }, ct);

    /// <summary>Returns the host for one more room; null if only hosts in <paramref name="except"/> could take it.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<HostRecord?> LeastLoadedAsync(IReadOnlySet<string> except, CancellationToken ct = default) =>
        (await CreateSelectorAsync(ct)).SelectLeastLoaded(except);

    /// <summary>
    /// Returns a selector over the hosts that accept rooms: alive, up, and without a drain order. It counts the rooms that are assigned
    /// to a host, not those in the host's last report.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    internal async Task<HostSelector> CreateSelectorAsync(CancellationToken ct)
    {
        var hosts = (await ListAsync(ct)).Where(h => h.AcceptsRooms).ToList();
        var (loads, draining) = await connection.RunAsync(async db => (
            await Task.WhenAll(hosts.Select(h => db.SetLengthAsync(RedisNames.HostRooms(h.Id)))),
            // A host reports that it drains with its next renewal; the order is in effect at once.
            (await db.SetMembersAsync(RedisNames.Draining)).Select(id => (string)id!).ToHashSet()), ct);
        return new HostSelector(hosts.Zip(loads).Where(x => !draining.Contains(x.First.Id)));
    }

    // By default each start of a host has a new id, so ids without a lease and without rooms are removed. A host that starts at this moment
    // is added again by its next renewal.
    private static async Task<HostRecord?> FindOrRemoveAsync(IDatabase db, string id)
    {
        var record = HostRecord.FromHash(id, await db.HashGetAllAsync(RedisNames.Host(id)));
        if (record is null && !await db.KeyExistsAsync(RedisNames.HostRooms(id)))
            await Task.WhenAll(db.SetRemoveAsync(RedisNames.Hosts, id), db.SetRemoveAsync(RedisNames.Draining, id));
        return record;
    }
}
