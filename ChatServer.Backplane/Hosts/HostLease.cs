using ChatServer.Backplane.Connections;
using StackExchange.Redis;

namespace ChatServer.Backplane.Hosts;

/// <summary>The lease of a RoomHost on its id. While it is renewed, the other processes regard the host as alive.</summary>
public sealed class HostLease(BackplaneConnection connection)
{
    /// <summary>The lifetime of a lease after its last renewal. Four renewals in a row may fail.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMilliseconds(1500);

    /// <summary>The time between two renewals.</summary>
    public static readonly TimeSpan RenewalInterval = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// How long the seats of a host's rooms are valid after its last renewal. A host that claims a room of a dead host within this time
    /// keeps the seats of its members.
    /// </summary>
    public static readonly TimeSpan InstanceRetention = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Acquires or renews the lease and stores <paramref name="host"/>. Returns false if another process holds the id. The steps are
    /// separate, because in a Redis Cluster their keys are on different nodes; each of them is safe to repeat.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException">
    /// The outcome is unknown: the lease may be renewed. The host does not rely on it until a call has succeeded.
    /// </exception>
    public Task<bool> RenewAsync(HostRecord host, CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        // In any order: a host that is not listed gets no rooms, so it has none when it dies before it is listed.
        var listing = AddToHostsAsync(db, host.Id);
        var renewal = RedisScript.RenewLease.RunAsync(
            db, [RedisNames.Host(host.Id)], [connection.Instance, (long)Lifetime.TotalMilliseconds, .. host.Fields()]);
        await Task.WhenAll(listing, renewal);
        var isHeld = (bool)await renewal;
        // Not before: a process that lost its id must not keep the seats valid that it saved.
        if (isHeld)
            await KeepInstanceAsync(db, host.Id);
        return isHeld;
    }, ct);

    /// <summary>Releases the lease, at a graceful stop. No effect if another process holds it.</summary>
    /// <param name="hostId">The id.</param>
    /// <param name="forget">The seats of its rooms become invalid at once, because the members do not return.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task ReleaseAsync(string hostId, bool forget = false) => connection.RunAsync(async db =>
    {
        await RedisScript.ReleaseLease.RunAsync(db, [RedisNames.Host(hostId)], connection.Instance);
        return forget && await db.KeyDeleteAsync(RedisNames.InstanceAlive(connection.Instance));
    });

    // At each renewal, because a process that finds no lease removes the host. A read first: the write needs memory, which Redis may lack.
    private static async Task AddToHostsAsync(IDatabase db, string id)
    {
        if (!await db.SetContainsAsync(RedisNames.Hosts, id))
            await db.SetAddAsync(RedisNames.Hosts, id);
    }

    private async Task KeepInstanceAsync(IDatabase db, string id)
    {
        var key = RedisNames.InstanceAlive(connection.Instance);
        if (!await db.KeyExpireAsync(key, InstanceRetention))
            await db.StringSetAsync(key, id, InstanceRetention);
    }
}
