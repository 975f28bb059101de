using ChatServer.Backplane.Connections;

namespace ChatServer.Backplane.Rooms;

/// <summary>Limits the rooms that a client without a key creates, through any Api.</summary>
public sealed class OpenRoomQuota(BackplaneConnection connection)
{
    /// <summary>Rooms of one address in one <see cref="Window"/>.</summary>
    public const int MaxRooms = 10;

    /// <summary>The window begins with the first room.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(1);

    /// <summary>Counts a creation.</summary>
    /// <param name="network">The client's <see cref="Contracts.ClientNetwork"/>.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <returns>Null, or the time until the next one is allowed.</returns>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<TimeSpan?> TakeAsync(string network, CancellationToken ct = default)
    {
        var wait = (long)await connection.RunAsync(db => RedisScript.TakeQuota.RunAsync(
            db, [RedisNames.OpenRooms(network)], MaxRooms, (long)Window.TotalMilliseconds), ct);
        return wait == 0 ? null : TimeSpan.FromMilliseconds(wait);
    }
}
