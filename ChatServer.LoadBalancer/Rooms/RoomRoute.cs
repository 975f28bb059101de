using ChatServer.Backplane.Rooms;

namespace ChatServer.LoadBalancer.Rooms;

/// <summary>The location of a room.</summary>
/// <param name="Address">URL of its port, with a slash at the end; null while the room is being placed on a host.</param>
/// <param name="Term">Increases with every move: two routes with one address can belong to two owners of the room.</param>
internal sealed record RoomRoute(string? Address, long Term)
{
    internal static RoomRoute? Of(RoomRecord? room) => room is null ? null : new RoomRoute(AddressOf(room), room.Term);

    // UriBuilder puts brackets around an IPv6 address.
    private static string? AddressOf(RoomRecord room) =>
        room.Port > 0 ? new UriBuilder(Uri.UriSchemeHttp, room.Address, room.Port).Uri.AbsoluteUri : null;
}
