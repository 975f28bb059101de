using System.Net;
using System.Threading.RateLimiting;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Limits the connections that an address (<see cref="ClientNetwork"/>) opens per second to all rooms of this host together. Connections
/// of a session that holds a seat have a rate of their own, so that members behind one address can all return at once; beyond it they
/// count for the address.
/// </summary>
internal sealed class JoinRateLimiter : IDisposable
{
    private const int SessionBurstSeconds = 20;

    private readonly PartitionedRateLimiter<string> _byNetwork;
    private readonly PartitionedRateLimiter<string> _bySession;

    /// <summary>Creates a limiter.</summary>
    /// <param name="perSecond">Connections of an address per second, and the maximum burst; 0: no limit.</param>
    /// <param name="perSessionAndSecond">Connections of a session that holds a seat which do not count for its address.</param>
    public JoinRateLimiter(int perSecond, int perSessionAndSecond)
    {
        _byNetwork = Create(perSecond, perSecond);
        _bySession = Create(perSessionAndSecond, perSessionAndSecond * SessionBurstSeconds);
    }

    /// <summary>Counts a connection. Returns false if it exceeds the limit.</summary>
    /// <param name="address">The client's address.</param>
    /// <param name="seatedSession">Its session, if the session holds a seat in the room.</param>
    public bool TryAcquire(IPAddress? address, string? seatedSession = null) =>
        (seatedSession is not null && TryAcquire(_bySession, seatedSession)) || TryAcquire(_byNetwork, ClientNetwork.Of(address));

    public void Dispose()
    {
        _byNetwork.Dispose();
        _bySession.Dispose();
    }

    private static bool TryAcquire(PartitionedRateLimiter<string> limiter, string partition)
    {
        using var lease = limiter.AttemptAcquire(partition);
        return lease.IsAcquired;
    }

    // Limiters that are full again are released.
    private static PartitionedRateLimiter<string> Create(int perSecond, int burst) => PartitionedRateLimiter.Create<string, string>(
        partition => perSecond == 0
            ? RateLimitPartition.GetNoLimiter(partition)
            : RateLimitPartition.GetTokenBucketLimiter(partition, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = burst,
                TokensPerPeriod = Math.Max(1, perSecond / 10),
                ReplenishmentPeriod = TimeSpan.FromSeconds(Math.Max(1, perSecond / 10) / (double)perSecond),
                QueueLimit = 0,
            }));
}
