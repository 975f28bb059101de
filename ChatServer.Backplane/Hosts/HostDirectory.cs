using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>Which RoomHosts are alive, and how loaded. A host is alive while its lease is.</summary>
public sealed class HostDirectory(BackplaneConnection connection)
{
    /// <summary>The live hosts, by id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<IReadOnlyList<HostRecord>> ListAsync(CancellationToken ct = default) =>
        (await ListAliveAndDeadAsync(ct)).Alive;

    /// <summary>The live hosts, and the ids of those whose lease has run out; both by id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    internal Task<(IReadOnlyList<HostRecord> Alive, IReadOnlyList<string> Dead)> ListAliveAndDeadAsync(
        CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        var ids = (await db.SetMembersAsync(RedisNames.Hosts)).Select(id => (string)id!).Order(StringComparer.Ordinal).ToList();
        var records = await Task.WhenAll(ids.Select(id => FindOrForgetAsync(db, id)));
        return ((IReadOnlyList<HostRecord>)[.. records.OfType<HostRecord>()], (IReadOnlyList<string>)[.. ids.Where((_, i) => records[i] is null)]);
    }, ct);

    /// <summary>The host that a room should go to; null when there is none but those in <paramref name="except"/>.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<HostRecord?> LeastLoadedAsync(IReadOnlySet<string> except, CancellationToken ct = default) =>
        (await CreateSelectorAsync(ct)).SelectLeastLoaded(except);

    /// <summary>
    /// The hosts that rooms can be given to now: alive, accepting, not draining, with the number of rooms that placement itself
    /// keeps, not the host's last report.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    internal async Task<HostSelector> CreateSelectorAsync(CancellationToken ct)
    {
        var hosts = (await ListAsync(ct)).Where(h => h.AcceptsRooms).ToList();
        var (loads, draining) = await connection.RunAsync(async db => (
            await Task.WhenAll(hosts.Select(h => db.SetLengthAsync(RedisNames.HostRooms(h.Id)))),
            // Asked here too: a host tells that it drains with its next renewal.
            (await db.SetMembersAsync(RedisNames.Draining)).Select(id => (string)id!).ToHashSet()), ct);
        return new HostSelector(hosts.Zip(loads).Where(x => !draining.Contains(x.First.Id)));
    }

    // Every start of a host has an id of its own, so ids without a lease and without rooms are struck off. One that comes to life in
    // this moment is back with its next renewal.
    private static async Task<HostRecord?> FindOrForgetAsync(IDatabase db, string id)
    {
        var record = HostRecord.FromHash(id, await db.HashGetAllAsync(RedisNames.Host(id)));
        if (record is null && !await db.KeyExistsAsync(RedisNames.HostRooms(id)))
            await Task.WhenAll(db.SetRemoveAsync(RedisNames.Hosts, id), db.SetRemoveAsync(RedisNames.Draining, id));
        return record;
    }
}
