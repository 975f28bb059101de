namespace ChatServer.Backplane;

/// <summary>A RoomHost's hold on its id. While it is renewed the host is alive to everyone else.</summary>
public sealed class HostLease(BackplaneConnection connection)
{
    /// <summary>How long a lease lasts that is not renewed: five renewals may go wrong.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMilliseconds(1500);

    /// <summary>How often it is renewed.</summary>
    public static readonly TimeSpan RenewalInterval = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// How long a process is remembered that renews its lease no more. Who then takes a room from it finds the members still in their seats.
    /// </summary>
    public static readonly TimeSpan InstanceRetention = TimeSpan.FromMinutes(1);

    /// <summary>Takes or renews the lease and tells <paramref name="host"/>'s load. False: another process holds this id.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> RenewAsync(HostRecord host, CancellationToken ct = default) => connection.RunAsync(async db => (bool)await RedisScript.RenewLease.RunAsync(
        db, [RedisNames.Host(host.Id), RedisNames.Hosts, RedisNames.InstanceAlive(connection.Instance)],
        [connection.Instance, (long)Lifetime.TotalMilliseconds, (long)InstanceRetention.TotalMilliseconds, host.Id, .. host.Fields()]), ct);

    /// <summary>Gives the lease back, at a graceful stop.</summary>
    /// <param name="hostId">The id.</param>
    /// <param name="forget">Its members do not come back: it is not <see cref="InstanceRetention"/>.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task ReleaseAsync(string hostId, bool forget = false) => connection.RunAsync(async db =>
    {
        await RedisScript.ReleaseLease.RunAsync(db, [RedisNames.Host(hostId)], connection.Instance);
        return forget && await db.KeyDeleteAsync(RedisNames.InstanceAlive(connection.Instance));
    });
}
