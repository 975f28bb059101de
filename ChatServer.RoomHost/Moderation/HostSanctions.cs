using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Moderation;
using ChatServer.Backplane.Rooms;
using ChatServer.RoomHost.Hosting;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Moderation;

/// <summary>
/// Gives the rooms of this host the sanctions in Redis: when a room opens, and when a version has changed. The versions are compared in
/// each round, so a lost notification delays a sanction by at most two seconds.
/// </summary>
internal sealed class HostSanctions(SanctionStore store, RoomSlots slots, TimeProvider time)
{
    private volatile ActiveSanctions _ofAllRooms = ActiveSanctions.None;

    /// <summary>Reads the sanctions of all rooms if they have changed, and applies them.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task RefreshAsync(CancellationToken ct)
    {
        var version = await store.GlobalVersionAsync(ct);
        if (version == _ofAllRooms.Set.Version)
            return;
        if (version < _ofAllRooms.Set.Version)
            await RestoreAsync(); // Redis lost its data
        _ofAllRooms = new ActiveSanctions(await store.ReadAsync(null, ct), time);
        foreach (var room in slots.Rooms)
            Apply(room);
    }

    /// <summary>Redis lost its data: stores the sanctions of all rooms that this host knows, unless they were imposed again.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task RestoreAsync() => store.RestoreAsync(null, _ofAllRooms.Set.Version, _ofAllRooms.InForceNow());

    /// <summary>Redis lost its data: stores the sanctions of a room. Returns their version.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<long> RestoreAsync(Room room) =>
        store.RestoreAsync(room.Record.Name, room.Sanctions.OfRoom.Set.Version, room.Sanctions.OfRoom.InForceNow());

    /// <summary>Reads the sanctions of a room if they have changed, and applies them.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task RefreshAsync(Room room, RoomRecord record)
    {
        if (record.SanctionsVersion != room.Sanctions.OfRoom.Set.Version)
            await ReadAsync(room);
        else if (room.Sanctions.OfAllRooms != _ofAllRooms)
            Apply(room);
    }

    /// <summary>Reads the sanctions of a room, and applies them.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task ReadAsync(Room room)
    {
        room.Sanctions.OfRoom = new ActiveSanctions(await store.ReadAsync(room.Record.Name), time);
        Apply(room);
    }

    private void Apply(Room room)
    {
        room.Sanctions.OfAllRooms = _ofAllRooms;
        room.EnforceSanctions();
    }
}
