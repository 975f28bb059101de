using ChatServer.Backplane;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// This process's hold on its host id. Without it the process touches no room in the directory: the rooms of this id may be another
/// process's by now.
/// </summary>
internal sealed class LeaseHolder(RoomHostOptions options, HostLease lease, TimeProvider time)
{
    // Timestamps, 0 for never.
    private long _renewedAt, _heldSince, _refusedSince;

    /// <summary>
    /// Whether the lease is held now. By our clock from before the renewal was sent: a process that was stopped and goes on knows that
    /// it has slept too long before anybody tells it.
    /// </summary>
    public bool IsHeld => Volatile.Read(ref _renewedAt) is not 0 and var at && time.GetElapsedTime(at) < HostLease.Lifetime;

    /// <summary>
    /// Whether it was held all the time since <paramref name="timestamp"/>, and is. If not, others may have been given our rooms in between.
    /// </summary>
    public bool HasHeldSince(long timestamp) => IsHeld && Volatile.Read(ref _heldSince) <= timestamp;

    /// <summary>For how long Redis has been answering that another process holds the id.</summary>
    public TimeSpan RefusedFor => _refusedSince == 0 ? TimeSpan.Zero : time.GetElapsedTime(_refusedSince);

    /// <summary>Takes or renews the lease. True when it was not held before this and is now.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<bool> RenewAsync(HostRecord host)
    {
        var now = time.GetTimestamp();
        var wasHeld = IsHeld;
        bool renewed;
        try
        {
            renewed = await lease.RenewAsync(host);
        }
        catch (BackplaneUnavailableException)
        {
            _refusedSince = 0;
            throw;
        }
        if (renewed)
            _refusedSince = 0;
        else if (_refusedSince == 0)
            _refusedSince = time.GetTimestamp();
        if (renewed && !wasHeld)
            Volatile.Write(ref _heldSince, now);
        Volatile.Write(ref _renewedAt, renewed ? now : 0);
        return renewed && !wasHeld;
    }

    /// <summary>Gives the lease back, if it is held: nobody has to wait for its end.</summary>
    /// <param name="forget">Its members do not come back.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task ReleaseAsync(bool forget = false)
    {
        if (Interlocked.Exchange(ref _renewedAt, 0) != 0)
            await lease.ReleaseAsync(options.HostId, forget);
    }
}
