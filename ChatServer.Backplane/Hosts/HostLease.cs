using ChatServer.Backplane.Connections;

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

    /// <summary>Acquires or renews the lease and stores <paramref name="host"/>. Returns false if another process holds the id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> RenewAsync(HostRecord host, CancellationToken ct = default) => connection.RunAsync(
        async db => (bool)await RedisScript.RenewLease.RunAsync(
        db, [RedisNames.Host(host.Id), RedisNames.Hosts, RedisNames.InstanceAlive(connection.Instance)],
        [connection.Instance, (long)Lifetime.TotalMilliseconds, (long)InstanceRetention.TotalMilliseconds, host.Id, .. host.Fields()]), ct);

    /// <summary>Releases the lease, at a graceful stop. No effect if another process holds it.</summary>
    /// <param name="hostId">The id.</param>
    /// <param name="forget">The seats of its rooms become invalid at once, because the members do not return.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task ReleaseAsync(string hostId, bool forget = false) => connection.RunAsync(async db =>
    {
        await RedisScript.ReleaseLease.RunAsync(db, [RedisNames.Host(hostId)], connection.Instance);
        return forget && await db.KeyDeleteAsync(RedisNames.InstanceAlive(connection.Instance));
    });
}
