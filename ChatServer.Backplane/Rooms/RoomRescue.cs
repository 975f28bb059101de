using System.Collections.Concurrent;
using StackExchange.Redis;

namespace ChatServer.Backplane;

/// <summary>
/// Finds the rooms of hosts whose lease has run out, and gives them to those that live. Every host may; one at a time does, so that
/// the work is done once. That two might is harmless: a room moves only from the term that its mover saw.
/// </summary>
public sealed class RoomRescue(
    BackplaneConnection connection, RoomDirectory rooms, RoomPlacement placement, HostDirectory hosts, TaskScheduler scheduler,
    TimeProvider time)
{
    /// <summary>
    /// How long a host that this process has not seen alive since its start, or since <see cref="ResetGrace"/>, may take to come back to
    /// its rooms: after a restart of everything, or an outage of Redis, the first host up is not to get the rooms of all.
    /// </summary>
    public static readonly TimeSpan StartupGrace = TimeSpan.FromSeconds(5);

    // The role of the coordinator is held like a host's lease, and passes on as fast.
    private static readonly TimeSpan CoordinatorLifetime = HostLease.Lifetime;

    // Rooms under way at a time. Each takes a handful of round trips.
    private const int MaxParallelMoves = 32;

    private readonly HashSet<string> _seenAlive = [];
    private long _graceStart = time.GetTimestamp();
    private volatile bool _graceResetRequested;

    /// <summary>
    /// What was seen so far counts no more. For a host that lost its own lease and has it again: if Redis was away, nobody could renew
    /// theirs. From any thread.
    /// </summary>
    public void ResetGrace() => _graceResetRequested = true;

    /// <summary>One round: takes the role if it is free, and moves what is to be moved. Not for concurrent calls.</summary>
    /// <returns>How many rooms were given to another host.</returns>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="AggregateException">Of some rooms Redis has nonsense; all others were moved.</exception>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        if (_graceResetRequested)
        {
            _graceResetRequested = false;
            _seenAlive.Clear();
            _graceStart = time.GetTimestamp();
        }
        // Whoever does not lead looks too: the leader may be the next to die.
        var surveying = hosts.ListAliveAndDeadAsync(ct);
        var leading = connection.RunAsync(TryLeadAsync, ct);
        await Task.WhenAll(surveying, leading);
        var (alive, gone) = await surveying;
        _seenAlive.UnionWith(alive.Select(h => h.Id));
        if (!await leading)
            return 0;
        var moved = 0;
        var failures = new ConcurrentQueue<Exception>();
        foreach (var dead in gone)
        {
            if (!_seenAlive.Contains(dead) && time.GetElapsedTime(_graceStart) < StartupGrace)
                continue;
            var left = await connection.RunAsync(db => db.SetMembersAsync(RedisNames.HostRooms(dead)), ct);
            if (left.Length == 0)
                continue;
            var choice = await hosts.CreateSelectorAsync(ct);
            await Parallel.ForEachAsync(
                left,
                new ParallelOptions { MaxDegreeOfParallelism = MaxParallelMoves, TaskScheduler = scheduler, CancellationToken = ct },
                async (room, token) =>
                {
                    try
                    {
                        if (await MoveAsync(room!, dead, choice, token))
                            Interlocked.Increment(ref moved);
                    }
                    catch (Exception e) when (e is not (BackplaneUnavailableException or OperationCanceledException))
                    {
                        failures.Enqueue(e);
                    }
                });
        }
        // What is wrong with one room is told when the others are safe.
        return failures.IsEmpty ? moved : throw new AggregateException("Moving rooms of dead hosts failed.", failures);
    }

    private async Task<bool> TryLeadAsync(IDatabase db) =>
        (bool)await RedisScript.TryLead.RunAsync(db, [RedisNames.Coordinator], connection.Instance,
            (long)CoordinatorLifetime.TotalMilliseconds);

    private async Task<bool> MoveAsync(string name, string from, HostSelector choice, CancellationToken ct)
    {
        var room = await rooms.FindAsync(name, ct);
        if (room is null || room.HostId != from)
        {
            // Left over from a move or a deletion whose author died half-way.
            await connection.RunAsync(db => db.SetRemoveAsync(RedisNames.HostRooms(from), name), ct);
            return false;
        }
        if (room.State == RoomState.Closing)
        {
            await rooms.ShutdownAsync(name, ct: ct);
            return false;
        }
        return choice.SelectLeastLoaded(new HashSet<string> { from }) is { } host && await placement.MoveAsync(room, host.Id, ct);
    }
}
