using System.Text.Json;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>What a RoomHost does with the rooms that it was given: claim, refuse, report, restore, delete; and who sits in them.</summary>
public sealed class RoomOwnership(BackplaneConnection connection, IdGenerator ids)
{
    // Redis does nothing else meanwhile.
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
    /// <exception cref="BackplaneUnavailableException">The outcome is unknown; claiming again is safe.</exception>
    public Task<RoomClaim?> ClaimAsync(string room, string host, string address, int port, bool newEpoch = false) => connection.RunAsync(async db =>
    {
        var answer = await RedisScript.ClaimRoom.RunAsync(
            db, [RedisNames.Room(room), RedisNames.RoomSeats(room)],
            host, connection.Instance, address, port, ids.NewEpoch(), newEpoch ? 1 : 0);
        if (answer.IsNull)
            return null;
        var record = RoomRecord.FromHash(room, ToHashEntries(answer[0]))!;
        var seats = Array.ConvertAll(ToHashEntries(answer[1]), seat => new RoomSeat((string)seat.Name!, (string)seat.Value!));
        var kept = record.SeatsInstance == "" ? SeatsSavedBy.Nobody : record.SeatsInstance == connection.Instance ? SeatsSavedBy.ThisProcess
            : await db.KeyExistsAsync(RedisNames.InstanceAlive(record.SeatsInstance)) ? SeatsSavedBy.LiveProcess
                : SeatsSavedBy.ExpiredProcess;
        await RoomDirectory.AddToIndexesAsync(db, room, host);
        return new RoomClaim(record, kept == SeatsSavedBy.ExpiredProcess ? [] : seats, kept);
    });

    /// <summary>
    /// Publishes that a claimed room is open: its port admits members. Creations and load balancers wait for this notification.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task PublishOpenAsync(string room) =>
        connection.RunAsync(db => db.PublishAsync(RedisChannel.Literal(RedisNames.RoomChanged), room));

    /// <summary>Gives back a room that this host cannot open; placement finds another.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task RefuseAsync(string room, string host) => connection.RunAsync(async db =>
    {
        await RedisScript.RefuseRoom.RunAsync(db, [RedisNames.Room(room)], host, connection.Instance);
        await db.SetRemoveAsync(RedisNames.HostRooms(host), room);
        return await db.PublishAsync(RedisChannel.Literal(RedisNames.RoomChanged), room);
    });

    /// <summary>
    /// Tells, if the room still has this <paramref name="term"/> (false: it is another's by now), how many members it has and, for a room of
    /// <see cref="Durability.Memory"/>, what no append counts: its messages and the newest announcement it had, so that its next host does not
    /// announce it again.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<bool> ReportAsync(
        string room, long term, int members, long? messages, long? announced = null, CancellationToken ct = default) =>
        connection.RunAsync(async db =>
        (bool)await RedisScript.ReportRoom.RunAsync(
            db, [RedisNames.Room(room)], term, members,
            messages is { } m ? m : RedisValue.EmptyString, announced is { } a ? a : RedisValue.EmptyString), ct);

    /// <summary>Keeps seats that were taken, and forgets those that were given up.</summary>
    /// <param name="room">The room.</param>
    /// <param name="term">The term under which the caller claimed it.</param>
    /// <param name="changes">Names by <see cref="RoomSeat.Key"/>; null: given up.</param>
    /// <param name="anew">There are no others: what is there was an earlier host's.</param>
    /// <returns>False: the room is another's by now.</returns>
    /// <exception cref="BackplaneUnavailableException">The outcome is unknown; doing it again is safe.</exception>
    public Task<bool> SaveSeatsAsync(
        string room, long term, IReadOnlyDictionary<string, string?> changes, bool anew = false) => connection.RunAsync(async db =>
    {
        var saved = true;
        // Given up before taken: a name may go from one to the other.
        foreach (var part in changes.OrderBy(change => change.Value is not null).Chunk(MaxSeatsPerCall))
        {
            var seats = part.SelectMany(change => new RedisValue[] { change.Key, change.Value ?? RedisValue.EmptyString });
            saved &= (bool)await RedisScript.SaveSeats.RunAsync(
                db, [RedisNames.Room(room), RedisNames.RoomSeats(room)], [term, connection.Instance, anew ? 1 : 0, .. seats]);
            anew = false;
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
            room.HostId, JsonSerializer.Serialize(room.Options, ContractJson.Options),
            room.Options.Durability == Durability.Memory ? "memory" : "redis",
            room.CreatedAt.ToUnixTimeMilliseconds(), ids.NewEpoch(), connection.Instance, room.Address, room.Port, room.Term + 1);
        if (restored)
            await RoomDirectory.AddToIndexesAsync(db, room.Name, room.HostId);
        return restored;
    });

    /// <summary>Deletes a room whose shutdown was ordered and whose members are gone.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task DeleteAsync(string room, string host) => connection.RunAsync(async db =>
    {
        await RoomDirectory.DeleteAsync(db, room, host);
        return true;
    });

    /// <summary>Names of the rooms that <paramref name="host"/> should have open, or should close.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<IReadOnlyCollection<string>> WantedAsync(string host, CancellationToken ct = default) =>
        connection.RunAsync(async db =>
        (IReadOnlyCollection<string>)Array.ConvertAll(await db.SetMembersAsync(RedisNames.HostRooms(host)), v => (string)v!), ct);

    /// <summary>Takes a room off the list of what <paramref name="host"/> should have open: it was moved away or is gone.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task RemoveFromWantedAsync(string room, string host) =>
        connection.RunAsync(db => db.SetRemoveAsync(RedisNames.HostRooms(host), room));

    /// <summary>
    /// Identifies Redis' memory: when it answers something else than before, the data was lost and every room has to be restored.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    public Task<string> GenerationAsync(CancellationToken ct = default) => connection.RunAsync(async db =>
    {
        await db.StringSetAsync(RedisNames.Generation, ids.NewId(), when: When.NotExists);
        return (string)(await db.StringGetAsync(RedisNames.Generation))!;
    }, ct);

    private static HashEntry[] ToHashEntries(RedisResult answer) =>
        [.. ((RedisValue[])answer!).Chunk(2).Select(f => new HashEntry(f[0], f[1]))];
}

/// <summary>A room that a host has taken.</summary>
/// <param name="Room">As it is now: the host's, under its term.</param>
/// <param name="Seats">Who sat in it when that was saved last; nobody when that was <see cref="SeatsSavedBy.ExpiredProcess"/>.</param>
/// <param name="SeatsSavedBy">Who saved that.</param>
public sealed record RoomClaim(RoomRecord Room, IReadOnlyList<RoomSeat> Seats, SeatsSavedBy SeatsSavedBy);

/// <summary>A seat in a room.</summary>
/// <param name="Key">Stands for the session whose it is: who reads Redis is not to take its place.</param>
/// <param name="Name">The name that goes with it.</param>
public sealed record RoomSeat(string Key, string Name);

/// <summary>Who saved last who sits in a room.</summary>
public enum SeatsSavedBy
{
    /// <summary>Nobody, or Redis has lost it.</summary>
    Nobody,

    /// <summary>This process.</summary>
    ThisProcess,

    /// <summary>Another one, of which was heard within <see cref="HostLease.InstanceRetention"/>.</summary>
    LiveProcess,

    /// <summary>Another one, too long ago.</summary>
    ExpiredProcess,
}
