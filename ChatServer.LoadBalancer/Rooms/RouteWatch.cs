namespace ChatServer.LoadBalancer;

/// <summary>Somebody's interest in a room staying where it is, until disposed.</summary>
public sealed class RouteWatch(Action end, CancellationToken moved) : IDisposable
{
    /// <summary>Cancelled once the room is known to live elsewhere, or no more.</summary>
    public CancellationToken Moved { get; } = moved;

    public void Dispose() => end();
}
