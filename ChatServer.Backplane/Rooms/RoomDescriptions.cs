using ChatServer.Contracts;

namespace ChatServer.Backplane.Rooms;

/// <summary>Describes rooms for clients, backends and operators.</summary>
public static class RoomDescriptions
{
    /// <summary>Describes the room, with its address at <paramref name="loadBalancer"/>; null: the address of its port.</summary>
    public static RoomDescription Describe(this RoomRecord room, Uri? loadBalancer) => new(
        room.Name,
        room.Options.Title ?? room.Name,
        room.Address,
        room.Port,
        Url(room, loadBalancer),
        room.Members,
        room.Messages,
        room.Options.Private,
        room.CreatedAt,
        room.Options);

    private static string Url(RoomRecord room, Uri? loadBalancer) =>
        loadBalancer is not null ? RoomUrls.Through(loadBalancer, room.Name)
        : room.Port != 0 ? RoomUrls.Direct(room.Address, room.Port)
        : "";
}
