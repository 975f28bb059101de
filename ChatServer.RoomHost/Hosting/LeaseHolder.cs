using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// This process's lease on its host id. Without the lease the process changes no room in the directory: another process may have the id
/// and its rooms. Members may be called from any thread; renewals and the release run one at a time.
/// </summary>
internal sealed class LeaseHolder(RoomHostOptions options, HostLease lease, TimeProvider time) : IHeldLease, IDisposable
{
    private readonly SemaphoreSlim _oneCall = new(1);

    // Timestamps; 0: never.
    private long _renewedAt, _heldSince, _refusedSince;

    /// <inheritdoc/>
    /// <remarks>
    /// By the local clock, and from the time at which the last renewal was sent. A process that continues after a pause therefore detects
    /// the expiry without asking Redis.
    /// </remarks>
    public bool IsHeld => Volatile.Read(ref _renewedAt) is not 0 and var at && time.GetElapsedTime(at) < HostLease.Lifetime;

    /// <summary>Time until the lease expires unless it is renewed; zero if it is not held.</summary>
    public TimeSpan Margin => Volatile.Read(ref _renewedAt) is not 0 and var at
        && HostLease.Lifetime - time.GetElapsedTime(at) is var margin && margin > TimeSpan.Zero ? margin : TimeSpan.Zero;

    /// <inheritdoc/>
    public bool HasHeldSince(long timestamp) => IsHeld && Volatile.Read(ref _heldSince) <= timestamp;

    /// <summary>The time since which Redis has answered every renewal with: another process holds the id. Zero if it did not.</summary>
    public TimeSpan RefusedFor =>
        Volatile.Read(ref _refusedSince) is not 0 and var since ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Acquires or renews the lease. Returns true if it is held now and was not before.</summary>
    /// <param name="measure">
    /// Returns the record to write. Called when the previous renewal has ended, so that a record never overwrites a newer one.
    /// </param>
    /// <param name="ct">Cancels the wait. The renewal may still happen; it does not count.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException"/>
    public async Task<bool> RenewAsync(Func<HostRecord> measure, CancellationToken ct = default)
    {
        await _oneCall.WaitAsync(ct);
        try
        {
            var wasHeld = IsHeld;
            var sentAt = time.GetTimestamp();
            var isRenewed = await TryRenewAsync(measure(), ct);
            if (isRenewed && !wasHeld)
                Volatile.Write(ref _heldSince, sentAt);
            Volatile.Write(ref _renewedAt, isRenewed ? sentAt : 0);
            return isRenewed && !wasHeld;
        }
        finally
        {
            _oneCall.Release();
        }
    }

    /// <summary>Releases the lease if it is held, so that other processes need not wait for its expiry.</summary>
    /// <param name="forget">The seats of the members are not kept, because the members do not return.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task ReleaseAsync(bool forget = false)
    {
        await _oneCall.WaitAsync();
        try
        {
            if (Interlocked.Exchange(ref _renewedAt, 0) != 0)
                await lease.ReleaseAsync(options.HostId, forget);
        }
        finally
        {
            _oneCall.Release();
        }
    }

    public void Dispose() => _oneCall.Dispose();

    private async Task<bool> TryRenewAsync(HostRecord record, CancellationToken ct)
    {
        try
        {
            var isRenewed = await lease.RenewAsync(record, ct);
            if (isRenewed)
                Volatile.Write(ref _refusedSince, 0);
            else if (_refusedSince == 0)
                Volatile.Write(ref _refusedSince, time.GetTimestamp());
            return isRenewed;
        }
        catch (BackplaneUnavailableException)
        {
            Volatile.Write(ref _refusedSince, 0);
            throw;
        }
    }
}
