using System.Net;
using System.Threading.RateLimiting;

namespace ChatServer.RoomHost.Hosting;

/// <summary>Limits the connections that an address opens per second to all rooms of this host together.</summary>
internal sealed class JoinRateLimiter : IDisposable
{
    private readonly PartitionedRateLimiter<IPAddress> _limiter;

    /// <summary>Creates a limiter.</summary>
    /// <param name="perSecond">Connections per second, and the maximum burst; 0: no limit.</param>
    public JoinRateLimiter(int perSecond) => _limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address => perSecond == 0
        ? RateLimitPartition.GetNoLimiter(address)
        : RateLimitPartition.GetTokenBucketLimiter(address, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = perSecond,
            TokensPerPeriod = Math.Max(1, perSecond / 10),
            ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1, perSecond / 10) / (double)perSecond),
            QueueLimit = 0,
        }));

    /// <summary>Counts a connection. Returns false if it exceeds the limit.</summary>
    public bool TryAcquire(IPAddress? address)
    {
        using var lease = _limiter.AttemptAcquire(address ?? IPAddress.None);
        return lease.IsAcquired;
    }

    public void Dispose() => _limiter.Dispose();
}
