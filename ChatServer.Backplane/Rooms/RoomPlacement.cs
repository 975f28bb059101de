using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Contracts;
using ChatServer.Metrics;
using StackExchange.Redis;

namespace ChatServer.Backplane.Rooms;

/// <summary>
/// Creates rooms and assigns them to hosts. Any number of processes may do this for the same room at once: one script creates the room's
/// hash, and a process that finds a room without a host that has it open continues the placement.
/// </summary>
public sealed class RoomPlacement(
    BackplaneConnection connection, HostSurvey hosts, RoomDirectory rooms, RoomChanges changes, IdGenerator ids, TimeProvider time)
{
    /// <summary>How long a call waits for a room to open before it reports that there is no capacity.</summary>
    public static readonly TimeSpan OpenTimeout = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a host may take to open a room before the room is assigned to another host. It usually takes some milliseconds.
    /// </summary>
    public static readonly TimeSpan HostTimeout = TimeSpan.FromSeconds(1.5);

    // A nudge is repeated at this interval, in case it was lost.
    private static readonly TimeSpan NudgeInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Creates the room, or finds it, and waits until its port accepts connections.</summary>
    /// <returns>
    /// The open room, and whether this call created it. Null if no host can open it; a record that this call created is then deleted.
    /// </returns>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException">The room may exist; the next creation of its name completes it.</exception>
    public async Task<(RoomRecord Room, bool Created)?> CreateAsync(string name, RoomOptions options, CancellationToken ct)
    {
        using var span = TraceContext.StartStep("room.place", name);
        string? createdEpoch = null;
        var room = await PlaceAsync(name, exceptTerm: null, ReassignmentReason.HostUnreachable, async host =>
            createdEpoch = await CreateRecordAsync(name, options, host, ct) ?? createdEpoch, ct);
        if (room is not null)
            return (room, createdEpoch is not null);
        if (createdEpoch is not null)
            await DeleteUnopenedAsync(name, createdEpoch);
        return null;
    }

    /// <summary>
    /// Moves a room away from the host that has it under <paramref name="term"/>, because that host is suspected to be dead, or gives
    /// the room away. A wrong suspicion is harmless: the term increases, so the previous host cannot write any more.
    /// </summary>
    /// <returns>
    /// The room, open under a higher term; null if there is no such room, or if no host opened it within <see cref="OpenTimeout"/>.
    /// </returns>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException"/>
    public Task<RoomRecord?> ReopenAsync(string name, long term, CancellationToken ct) =>
        ReopenAsync(name, term, ReassignmentReason.HostUnreachable, ct);

    /// <summary>As above, for another <paramref name="reason"/>: a constant of <see cref="ReassignmentReason"/>.</summary>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="OperationCanceledException"/>
    public async Task<RoomRecord?> ReopenAsync(string name, long term, string reason, CancellationToken ct)
    {
        if (WarmupRooms.IsWarmup(name))
            return null; // no host of the deployment opens it
        using var span = TraceContext.StartStep("room.place", name);
        return await PlaceAsync(name, exceptTerm: term, reason, create: null, ct);
    }

    private async Task<RoomRecord?> PlaceAsync(
        string name, long? exceptTerm, string reason, Func<string, Task>? create, CancellationToken ct)
    {
        var start = time.GetTimestamp();
        var (room, isGone) = await PlaceUntilOpenAsync(name, exceptTerm, reason, create, ct);
        BackplaneMetrics.PlacementDuration.Record(time.GetElapsedTime(start).TotalSeconds);
        if (room is null && !isGone)
            BackplaneMetrics.NoCapacity.Add(1);
        return room;
    }

    // Repeats the missing step until the room is open under another term than `exceptTerm`. Without `create`, a missing or closing room is
    // not created.
    private async Task<(RoomRecord? Room, bool IsGone)> PlaceUntilOpenAsync(
        string name, long? exceptTerm, string reason, Func<string, Task>? create, CancellationToken ct)
    {
        var unfit = new HashSet<string>(); // hosts that refused the room, are dead, or did not react
        using var change = changes.Watch(name);
        var start = time.GetTimestamp();
        var (term, termSince) = (0L, start);
        while (time.GetElapsedTime(start) < OpenTimeout)
        {
            var seen = change.Version;
            var room = await rooms.FindAsync(name, ct);
            if (room is null or { State: RoomState.Closing } && create is null)
                return (null, IsGone: true);
            if (room is null)
            {
                if (await hosts.SelectAsync(unfit, DataVersion.Current, ct) is not { } host)
                    return (null, IsGone: false);
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
                return (room, IsGone: false);

            // Not open. A live host gets HostTimeout to open it, or all of the time if there is no other host.
            var cannotOpen = room.State == RoomState.Refused || instance is null;
            if (cannotOpen || room.Term == exceptTerm || time.GetElapsedTime(termSince) > HostTimeout)
            {
                if (await hosts.SelectAsync(unfit.Append(room.HostId).ToHashSet(), room.Version, ct) is { } other)
                {
                    unfit.Add(room.HostId);
                    var why = room.State == RoomState.Refused ? ReassignmentReason.Refused
                        : instance is null ? ReassignmentReason.HostLost
                        : room.Term == exceptTerm ? reason
                        : ReassignmentReason.HostSlow;
                    await MoveAsync(room, other.Id, why, ct);
                    continue;
                }
                // A creation fails at once. An existing room waits for its host to return.
                if (cannotOpen && create is not null)
                    return (null, IsGone: false);
            }
            await NudgeAsync(name, room.HostId, ct);
            await change.WaitAsync(seen, NudgeInterval, time, ct);
        }
        return (null, IsGone: false);
    }

    /// <summary>Creates the record. Returns its epoch, or null if the room exists.</summary>
    internal Task<string?> CreateRecordAsync(string name, RoomOptions options, string host, CancellationToken ct) =>
        connection.RunAsync(async db =>
    {
        var epoch = ids.NewEpoch();
        var announced = await db.StringGetAsync(RedisNames.AnnouncementCounter);
        var erased = await db.StringGetAsync(RedisNames.ErasureCounter);
        var isCreated = (bool)await RedisScript.CreateRoom.RunAsync(
            db, [RedisNames.Room(name)],
            host, StoredOptions.Write(options), options.Durability == Durability.Memory ? "memory" : "redis",
            epoch, announced.IsNull ? 0 : announced, TraceContext.Current ?? "",
            erased.IsNull ? 0 : erased, DataVersion.Current);
        return isCreated ? epoch : null;
    }, ct);

    // Every nudge writes the index and the set of the host again, because the creator of the room may have crashed in between.
    private Task<bool> NudgeAsync(string name, string host, CancellationToken ct) => connection.RunAsync(async db =>
    {
        await RoomDirectory.AddToIndexesAsync(db, name, host);
        await db.PublishAsync(RedisChannel.Literal(RedisNames.HostChannel(host)), $"r {name}");
        return true;
    }, ct);

    /// <summary>
    /// Assigns a room to another host, unless its term has changed since <paramref name="room"/> was read, and nudges both hosts. If the
    /// process crashes in between, the room is in the set of a host: it is added to the new set before it is removed from the old one.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException"/>
    internal Task<bool> MoveAsync(RoomRecord room, string host, string reason, CancellationToken ct) => connection.RunAsync(async db =>
    {
        if (!(bool)await RedisScript.PlaceRoom.RunAsync(db, [RedisNames.Room(room.Name)], room.Term, host, TraceContext.Current ?? ""))
            return false;
        BackplaneMetrics.Takeovers.Add(reason);
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

    // The instance that has this host's lease, or null.
    private Task<string?> LiveInstanceAsync(string host, CancellationToken ct) =>
        connection.RunAsync(async db => (string?)await db.HashGetAsync(RedisNames.Host(host), "instance", HostDirectory.Fresh), ct);
}
