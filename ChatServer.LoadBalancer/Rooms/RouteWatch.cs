namespace ChatServer.LoadBalancer.Rooms;

/// <summary>Watches, until disposed, whether a room stays where its route leads.</summary>
internal sealed class RouteWatch(Action end, CancellationToken moved) : IDisposable
{
    /// <summary>Cancelled when the room is known to be elsewhere, or deleted.</summary>
    public CancellationToken Moved { get; } = moved;

    public void Dispose() => end();
}
