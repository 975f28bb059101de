using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Messages;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane.Rooms;

/// <summary>
/// The operations of a RoomHost on the rooms that are assigned to it: claim, refuse, report, save seats, restore and delete.
/// </summary>
public sealed class RoomOwnership(BackplaneConnection connection, IdGenerator ids)
{
    // Redis executes no other command during a script.
    private const int MaxSeatsPerCall = 1000;

    /// <summary>
    /// Claims a room that is assigned to <paramref name="host"/>. Its term increases, so no previous owner can write. Returns null if the
    /// room is assigned to another host, or is closing. When the room admits members, <see cref="PublishOpenAsync"/> must follow.
    /// </summary>
    /// <param name="room">The room.</param>
    /// <param name="host">The claiming host's id.</param>
    /// <param name="address">Host name or address at which the host's room ports can be reached.</param>
    /// <param name="port">The room's port; it already accepts connections.</param>
    /// <param name="newEpoch">Starts a new epoch, because the log is not the one that members have seen.</param>
    /// <exception cref="BackplaneUnavailableException">The outcome is unknown; the claim may be repeated.</exception>
    public Task<RoomClaim?> ClaimAsync(
        string room, string host, string address, int port, bool newEpoch = false) => connection.RunAsync(async db =>
    {
        var answer = await RedisScript.ClaimRoom.RunAsync(
            db, [RedisNames.Room(room), RedisNames.RoomSeats(room)],
            host, connection.Instance, address, port, ids.NewEpoch(), newEpoch ? 1 : 0, DataVersion.Current);
        if (answer.IsNull)
            return null;
        var record = RoomRecord.FromHash(room, ToHashEntries(answer[0]))!;
        var seats = ToHashEntries(answer[1]).Select(seat => RoomSeat.TryParse(seat.Name!, seat.Value!)).OfType<RoomSeat>().ToList();
        var savedBy = record.SeatsInstance == "" ? SeatsSavedBy.Nobody
            : record.SeatsInstance == connection.Instance ? SeatsSavedBy.ThisProcess
            : await db.KeyExistsAsync(RedisNames.InstanceAlive(record.SeatsInstance)) ? SeatsSavedBy.LiveProcess
            : SeatsSavedBy.ExpiredProcess;
        await RoomDirectory.AddToIndexesAsync(db, room, host);
        return new RoomClaim(record, savedBy == SeatsSavedBy.ExpiredProcess ? [] : seats, savedBy);
    });

    /// <summary>
    /// Publishes that a claimed room is open: its port admits members. Creations and load balancers wait for this notification.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task PublishOpenAsync(string room) => WarmupRooms.IsWarmup(room) ? Task.CompletedTask
        : connection.RunAsync(db => db.PublishAsync(RedisChannel.Literal(RedisNames.RoomChanged), room));

    /// <summary>Refuses a room that this host cannot open, so that placement assigns it to another host.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task RefuseAsync(string room, string host) => connection.RunAsync(async db =>
    {
        await RedisScript.RefuseRoom.RunAsync(db, [RedisNames.Room(room)], host, connection.Instance);
        await db.SetRemoveAsync(RedisNames.HostRooms(host), room);
        return await db.PublishAsync(RedisChannel.Literal(RedisNames.RoomChanged), room);
    });

    /// <summary>
    /// Reports the number of members and, for a room of <see cref="Durability.Memory"/>, the values that no append counts: the number of
    /// messages, and the newest announcement, so that the next host does not repeat it. Returns false, without effect, if the room has
    /// another term than <paramref name="term"/>.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> ReportAsync(
        string room, long term, int members, long? messages, long? announced = null, CancellationToken ct = default) =>
        connection.RunAsync(async db =>
        (bool)await RedisScript.ReportRoom.RunAsync(
            db, [RedisNames.Room(room)], term, members,
            messages is { } m ? m : RedisValue.EmptyString, announced is { } a ? a : RedisValue.EmptyString), ct);

    /// <summary>Saves changes of seats. May be repeated.</summary>
    /// <param name="room">The room.</param>
    /// <param name="term">The term under which the caller claimed the room.</param>
    /// <param name="changes">Seats by <see cref="RoomSeat.Key"/>; null: the seat is free.</param>
    /// <param name="replaceAll">Removes all other seats, which an earlier host saved.</param>
    /// <returns>False if the room has another term.</returns>
    /// <exception cref="BackplaneUnavailableException">The outcome is unknown; repeat the call.</exception>
    public Task<bool> SaveSeatsAsync(
        string room, long term, IReadOnlyDictionary<string, RoomSeat?> changes, bool replaceAll = false) => connection.RunAsync(async db =>
    {
        var saved = true;
        // Freed seats first: a name may pass from one session to another.
        foreach (var part in changes.OrderBy(change => change.Value is not null).Chunk(MaxSeatsPerCall))
        {
            var seats = part.SelectMany(change => new RedisValue[] { change.Key, change.Value?.Serialize() ?? RedisValue.EmptyString });
            saved &= (bool)await RedisScript.SaveSeats.RunAsync(
                db, [RedisNames.Room(room), RedisNames.RoomSeats(room)], [term, connection.Instance, replaceAll ? 1 : 0, .. seats]);
            replaceAll = false;
        }
        return saved;
    });

    /// <summary>
    /// Restores a room that Redis lost while this host had it open, with a new epoch and an empty log. The host must then claim and reopen
    /// it. Returns false if another process created a room of that name in the meantime.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> RestoreAsync(RoomRecord room) => connection.RunAsync(async db =>
    {
        var restored = (bool)await RedisScript.RestoreRoom.RunAsync(
            db, RedisNames.RoomKeys(room.Name),
            room.HostId, StoredOptions.Write(room.Options, room.OptionsJson),
            room.Options.Durability == Durability.Memory ? "memory" : "redis",
            room.CreatedAt.ToUnixTimeMilliseconds(), ids.NewEpoch(), connection.Instance, room.Address, room.Port, room.Term + 1,
            room.SanctionsVersion, room.Version);
        if (restored)
            await RoomDirectory.AddToIndexesAsync(db, room.Name, room.HostId);
        return restored;
    });

    /// <summary>Deletes a room whose shutdown was ordered and whose members were closed.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task DeleteAsync(string room, string host) => connection.RunAsync(async db =>
    {
        await RoomDirectory.DeleteAsync(db, room, host);
        return true;
    });

    /// <summary>Returns the names of the rooms that <paramref name="host"/> should have open, or should close.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyCollection<string>> WantedAsync(string host, CancellationToken ct = default) =>
        connection.RunAsync(async db =>
        (IReadOnlyCollection<string>)Array.ConvertAll(
            await db.SetMembersAsync(RedisNames.HostRooms(host), HostDirectory.Fresh), name => (string)name!), ct);

    /// <summary>Returns how many names <see cref="WantedAsync"/> would return.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<long> CountWantedAsync(string host, CancellationToken ct = default) =>
        connection.RunAsync(db => db.SetLengthAsync(RedisNames.HostRooms(host), HostDirectory.Fresh), ct);

    /// <summary>Removes a room that moved or was deleted from the set of rooms that <paramref name="host"/> should have open.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task RemoveFromWantedAsync(string room, string host) =>
        connection.RunAsync(db => db.SetRemoveAsync(RedisNames.HostRooms(host), room));

    /// <summary>
    /// Returns the id of the data in Redis. If it changed, Redis lost its data, and every host must restore its rooms.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<string> GenerationAsync(CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        if ((string?)await db.StringGetAsync(RedisNames.Generation, HostDirectory.Fresh) is { } generation)
            return generation;
        await db.StringSetAsync(RedisNames.Generation, ids.NewId(), when: When.NotExists);
        return (string)(await db.StringGetAsync(RedisNames.Generation, HostDirectory.Fresh))!;
    }, ct);

    private static HashEntry[] ToHashEntries(RedisResult answer) =>
        [.. ((RedisValue[])answer!).Chunk(2).Select(f => new HashEntry(f[0], f[1]))];
}

/// <summary>A room that a host has claimed.</summary>
/// <param name="Room">The record after the claim.</param>
/// <param name="Seats">The seats as they were saved last; none if they are invalid (<see cref="SeatsSavedBy.ExpiredProcess"/>).</param>
/// <param name="SeatsSavedBy">The process that saved the seats.</param>
public sealed record RoomClaim(RoomRecord Room, IReadOnlyList<RoomSeat> Seats, SeatsSavedBy SeatsSavedBy);

/// <summary>A seat in a room.</summary>
/// <param name="Key">A hash of the session, so that a reader of Redis cannot take the seat, and the <c>uid</c> of a token.</param>
/// <param name="Name">The name of the seat's holder.</param>
/// <param name="Uid">The holder: see <see cref="UserIds"/>.</param>
/// <param name="Profile">What pages show of the holder, a JSON object; null if there is nothing.</param>
/// <param name="Permissions">What the holder may do.</param>
public sealed record RoomSeat(
    string Key, string Name, string Uid, string? Profile = null, Permissions Permissions = Permissions.Read | Permissions.Write)
{
    /// <summary>The value in Redis; the key is the field.</summary>
    internal string Serialize() => BackplaneJson.Write(new Stored(Name, Uid, Profile, Permissions));

    /// <summary>Parses a value; null if it is malformed: its holder gets a new seat.</summary>
    internal static RoomSeat? TryParse(string key, string value) =>
        BackplaneJson.TryRead<Stored>(value) is { } seat ? new RoomSeat(key, seat.Name, seat.Uid, seat.Profile, seat.Permissions) : null;

    private sealed record Stored(
        string Name, string Uid, string? Profile = null, Permissions Permissions = Permissions.Read | Permissions.Write);
}

/// <summary>The process that saved the seats of a room last.</summary>
public enum SeatsSavedBy
{
    /// <summary>None, or Redis lost its data.</summary>
    Nobody,

    /// <summary>This process.</summary>
    ThisProcess,

    /// <summary>Another process that renewed its lease within <see cref="HostLease.InstanceRetention"/>.</summary>
    LiveProcess,

    /// <summary>Another process whose retention is over.</summary>
    ExpiredProcess,
}
