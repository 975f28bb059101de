using System.Text.Json;
using ChatServer.Contracts;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// Creates rooms and finds them a host. Any number of processes may do it for the same room at once: the room's hash is made by
/// one script, and whoever finds a room half-way on its path to a host helps it along.
/// </summary>
public sealed class RoomPlacement(
    BackplaneConnection connection, HostDirectory hosts, RoomDirectory rooms, RoomChanges changes, IdGenerator ids, TimeProvider time)
{
    /// <summary>How long a caller waits for a room to open before it is told that there is no capacity.</summary>
    public static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long a host may take to open a room before it is given to another one. Opening takes it some milliseconds.</summary>
    public static readonly TimeSpan HostTimeout = TimeSpan.FromSeconds(1.5);

    // A nudge that got lost is repeated after this long.
    private static readonly TimeSpan NudgeInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Creates the room, or finds it; returns when its port accepts.</summary>
    /// <returns>The open room and whether this call created it; null when no host can take it: then what this call created is gone.</returns>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<(RoomRecord Room, bool Created)?> CreateAsync(string name, RoomOptions options, CancellationToken ct)
    {
        using var span = TraceContext.StartStep("room.place", name);
        string? madeEpoch = null;
        var room = await PlaceUntilOpenAsync(name, exceptTerm: null, async host =>
            madeEpoch = await CreateRecordAsync(name, options, host, ct) ?? madeEpoch, ct);
        if (room is not null)
            return (room, madeEpoch is not null);
        if (madeEpoch is not null)
            await DeleteUnopenedAsync(name, madeEpoch);
        return null;
    }

    /// <summary>
    /// Has a room opened by another host than the one that holds it under <paramref name="term"/>, because that one is suspected to be
    /// dead, or gives it away. On mere suspicion: from then on the old host cannot write, so two never do.
    /// </summary>
    /// <returns>The room, open under a higher term; null when there is no such room, or nobody opened it within
    /// <see cref="OpenTimeout"/>.</returns>
    /// <exception cref="BackplaneUnavailableException"/>
    public async Task<RoomRecord?> ReopenAsync(string name, long term, CancellationToken ct)
    {
        using var span = TraceContext.StartStep("room.place", name);
        return await PlaceUntilOpenAsync(name, exceptTerm: term, create: null, ct);
    }

    // Helps the room along until it is open. A term to except is one that is not to be waited for; without make, a room that is not
    // there, or closing, is not made.
    private async Task<RoomRecord?> PlaceUntilOpenAsync(string name, long? exceptTerm, Func<string, Task>? create, CancellationToken ct)
    {
        var unfit = new HashSet<string>(); // hosts that refused the room, or are gone, or kept silent
        using var change = changes.Watch(name);
        var start = time.GetTimestamp();
        var (term, termSince) = (0L, start);
        while (time.GetElapsedTime(start) < OpenTimeout)
        {
            var seen = change.Version;
            var room = await rooms.FindAsync(name, ct);
            if (room is null or { State: RoomState.Closing } && create is null)
                return null;
            if (room is null)
            {
                if (await hosts.LeastLoadedAsync(unfit, ct) is not { } host)
                    return null;
                await create!(host.Id);
                continue;
            }
            if (room.State == RoomState.Closing)
            {
                await rooms.ShutdownAsync(name, ct: ct);
                await change.WaitAsync(seen, NudgeInterval, time, ct);
                continue;
            }
            if (room.Term != term)
                (term, termSince) = (room.Term, time.GetTimestamp());
            var instance = await LiveInstanceAsync(room.HostId, ct);
            if (room.State == RoomState.Open && room.Instance == instance && room.Term != exceptTerm)
                return room;

            // Not open: on its way, or stuck. A host that is alive gets its time; without an alternative, all there is.
            var hopeless = room.State == RoomState.Refused || instance is null;
            if (hopeless || room.Term == exceptTerm || time.GetElapsedTime(termSince) > HostTimeout)
            {
                if (await hosts.LeastLoadedAsync(unfit.Append(room.HostId).ToHashSet(), ct) is { } other)
                {
                    unfit.Add(room.HostId);
                    await MoveAsync(room, other.Id, ct);
                    continue;
                }
                // Whoever creates is better told than kept waiting; an old room waits for its host to come back.
                if (hopeless && create is not null)
                    return null;
            }
            await NudgeAsync(name, room.HostId, ct);
            await change.WaitAsync(seen, NudgeInterval, time, ct);
        }
        return null;
    }

    /// <summary>The epoch of the room that this made, or null when there was one already.</summary>
    private Task<string?> CreateRecordAsync(string name, RoomOptions options, string host, CancellationToken ct) =>
        connection.RunAsync(async db =>
    {
        var epoch = ids.NewEpoch();
        var announced = await db.StringGetAsync(RedisNames.AnnouncementCounter);
        var made = (bool)await RedisScript.CreateRoom.RunAsync(
            db, [RedisNames.Room(name)],
            host, JsonSerializer.Serialize(options, ContractJson.Options), options.Durability == Durability.Memory ? "memory" : "redis",
            time.GetUtcNow().ToUnixTimeMilliseconds(), epoch, announced.IsNull ? 0 : announced, TraceContext.Current ?? "");
        return made ? epoch : null;
    }, ct);

    // The index and the wanted set are written again on every nudge: whoever created the room may have died in between.
    private Task<bool> NudgeAsync(string name, string host, CancellationToken ct) => connection.RunAsync(async db =>
    {
        await RoomDirectory.AddToIndexesAsync(db, name, host);
        await db.PublishAsync(RedisChannel.Literal(RedisNames.HostChannel(host)), $"r {name}");
        return true;
    }, ct);

    /// <summary>
    /// Gives a room to another host, unless somebody did since <paramref name="room"/> was read, and tells both. The order matters to
    /// whoever dies in between: a room is on the new host's list before it leaves the old one's.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    internal Task<bool> MoveAsync(RoomRecord room, string host, CancellationToken ct) => connection.RunAsync(async db =>
    {
        if (!(bool)await RedisScript.PlaceRoom.RunAsync(db, [RedisNames.Room(room.Name)], room.Term, host, TraceContext.Current ?? ""))
            return false;
        await NudgeAsync(room.Name, host, CancellationToken.None); // a move that has begun is completed
        await db.SetRemoveAsync(RedisNames.HostRooms(room.HostId), room.Name);
        await db.PublishAsync(RedisChannel.Literal(RedisNames.HostChannel(room.HostId)), $"r {room.Name}");
        return true;
    }, ct);

    private Task<bool> DeleteUnopenedAsync(string name, string epoch) => connection.RunAsync(async db =>
    {
        var host = (string?)await RedisScript.AbandonRoom.RunAsync(db, RedisNames.RoomKeys(name), epoch);
        if (host is null)
            return false;
        await RoomDirectory.RemoveFromIndexesAsync(db, name, host);
        await db.PublishAsync(RedisChannel.Literal(RedisNames.RoomChanged), name);
        return true;
    });

    // The process that lives under this host's id, or null.
    private Task<string?> LiveInstanceAsync(string host, CancellationToken ct) =>
        connection.RunAsync(async db => (string?)await db.HashGetAsync(RedisNames.Host(host), "instance"), ct);
}
