using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>Which RoomHosts are alive, and how loaded. A host is alive while its lease is.</summary>
public sealed class HostDirectory(BackplaneConnection connection)
{
    /// <summary>The live hosts, by id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyList<HostRecord>> ListAsync() => connection.RunAsync(async db =>
    {
        var ids = await db.SetMembersAsync(RedisNames.Hosts);
        var records = await Task.WhenAll(ids.Select(id => FindOrForgetAsync(db, id!)));
        return (IReadOnlyList<HostRecord>)[.. records.OfType<HostRecord>().OrderBy(h => h.Id, StringComparer.Ordinal)];
    });

    /// <summary>One live host, or null.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<HostRecord?> FindAsync(string id) =>
        connection.RunAsync(async db => HostRecord.From(id, await db.HashGetAllAsync(RedisNames.Host(id))));

    /// <summary>
    /// The host that a new room should go to: alive, accepting, not full, not in <paramref name="except"/>, and the one with the
    /// fewest rooms by the count that placement itself keeps, not by the host's last report. Null when there is none.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<HostRecord?> LeastLoadedAsync(IReadOnlySet<string> except)
    {
        var hosts = (await ListAsync()).Where(h => h.Accepts && !except.Contains(h.Id)).ToList();
        var loads = await connection.RunAsync(db => Task.WhenAll(hosts.Select(h => db.SetLengthAsync(RedisNames.HostRooms(h.Id)))));
        return hosts.Zip(loads)
            .Where(x => x.Second < x.First.Capacity)
            .OrderBy(x => (double)x.Second / x.First.Capacity)
            .ThenBy(x => x.First.Connections)
            .Select(x => x.First)
            .FirstOrDefault();
    }

    // Every start of a host has an id of its own, so ids without a lease and without rooms are struck off. One that comes to life in
    // this moment is back with its next renewal.
    private static async Task<HostRecord?> FindOrForgetAsync(IDatabase db, string id)
    {
        var record = HostRecord.From(id, await db.HashGetAllAsync(RedisNames.Host(id)));
        if (record is null && !await db.KeyExistsAsync(RedisNames.HostRooms(id)))
            await db.SetRemoveAsync(RedisNames.Hosts, id);
        return record;
    }
}
