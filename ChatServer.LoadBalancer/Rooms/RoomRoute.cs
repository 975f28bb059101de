using ChatServer.Backplane.Rooms;

namespace ChatServer.LoadBalancer;

/// <summary>Where a room is.</summary>
/// <param name="Address">URL of its port, with a slash at the end; null while it is on its way to a host.</param>
/// <param name="Term">Rises with every move: two routes to one address may still be two lives of the room.</param>
public sealed record RoomRoute(string? Address, long Term)
{
    internal static RoomRoute? Of(RoomRecord? room) => room is null ? null : new RoomRoute(AddressOf(room), room.Term);

    // UriBuilder puts brackets around an IPv6 address.
    private static string? AddressOf(RoomRecord room) =>
        room.Port > 0 ? new UriBuilder(Uri.UriSchemeHttp, room.Address, room.Port).Uri.AbsoluteUri : null;
}
