using ChatServer.Backplane.Connections;

namespace ChatServer.Backplane.Rooms;

/// <summary>Rooms as the HTTP APIs show them: a room that is closing does not exist for callers.</summary>
public static class VisibleRooms
{
    /// <summary>The room, or null if there is none of that name.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public static async Task<RoomRecord?> FindVisibleAsync(
        this RoomDirectory rooms, string name, CancellationToken ct = default) =>
        await rooms.FindAsync(name, ct) is { State: not RoomState.Closing } room ? room : null;

    /// <summary>A page of rooms by name, with the <c>after</c> of the next page; null on the last page.</summary>
    /// <param name="rooms">The directory.</param>
    /// <param name="after">Name before the first; null: from the beginning.</param>
    /// <param name="limit">At least 1. A page may contain fewer rooms, because closing rooms are omitted.</param>
    /// <param name="search">Only rooms whose name or title contains this, ignoring case; null: all rooms.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <exception cref="BackplaneUnavailableException"/>
    public static async Task<(IReadOnlyList<RoomRecord> Rooms, string? Next)> ListVisibleAsync(
        this RoomDirectory rooms, string? after, int limit, string? search = null, CancellationToken ct = default)
    {
        var page = await rooms.ListAsync(after, limit, search, ct);
        return ([.. page.Where(room => room.State != RoomState.Closing)], page.Count == limit ? page[^1].Name : null);
    }
}
