using System.Collections.Concurrent;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Metrics;
using StackExchange.Redis;

namespace ChatServer.Backplane.Rooms;

/// <summary>
/// Assigns the rooms of hosts whose lease has expired to live hosts. Every host takes part, and one of them, the coordinator, does the
/// work. Two coordinators at a time would be harmless: a room moves only if it still has the term that was read.
/// </summary>
public sealed class RoomRescue(
    BackplaneConnection connection, RoomDirectory rooms, RoomPlacement placement, HostDirectory hosts, HostSurvey survey,
    TaskScheduler scheduler, TimeProvider time)
{
    /// <summary>
    /// The time after the start of this process, or after <see cref="ResetGrace"/>, in which only hosts that it has seen alive lose
    /// their rooms. Without it, the first host after a restart of the deployment or an outage of Redis would get all rooms.
    /// </summary>
    public static readonly TimeSpan StartupGrace = TimeSpan.FromSeconds(5);

    // Another process becomes the coordinator as fast as the lease of a dead host expires.
    private static readonly TimeSpan CoordinatorLifetime = HostLease.Lifetime;

    // Concurrent moves. Each takes about five round trips to Redis.
    private const int MaxParallelMoves = 32;

    private readonly HashSet<string> _seenAlive = [];
    private long _graceStart = time.GetTimestamp();
    private volatile bool _graceResetRequested;
    private volatile bool _isCoordinator;

    /// <summary>Whether this process was the coordinator in its last round. May be called from any thread.</summary>
    public bool IsCoordinator => _isCoordinator;

    /// <summary>
    /// Starts the grace period again. Called when this host lost its own lease and acquired it again, because in an outage of Redis no host
    /// could renew its lease. May be called from any thread.
    /// </summary>
    public void ResetGrace() => _graceResetRequested = true;

    /// <summary>
    /// One round: acquires or renews the role of the coordinator, and moves the rooms of dead hosts. Not for concurrent calls.
    /// </summary>
    /// <returns>The number of rooms that were moved.</returns>
    /// <exception cref="BackplaneUnavailableException"/>
    /// <exception cref="AggregateException">The records of some rooms are malformed. All other rooms were moved.</exception>
    /// <exception cref="OperationCanceledException"/>
    public async Task<int> RunAsync(CancellationToken ct)
    {
        if (_graceResetRequested)
        {
            _graceResetRequested = false;
            _seenAlive.Clear();
            _graceStart = time.GetTimestamp();
        }
        var isGrace = time.GetElapsedTime(_graceStart) < StartupGrace;
        IReadOnlyList<HostRecord> alive;
        IReadOnlyList<string> dead;
        try
        {
            _isCoordinator = await connection.RunAsync(TryLeadAsync, ct);
            // The reads of all processes would grow with the square of the number of hosts. In the grace period every process records the
            // live hosts, because it may be the next coordinator.
            if (!_isCoordinator && !isGrace)
                return 0;
            (alive, dead) = await hosts.ListAliveAndDeadAsync(ct);
        }
        catch (BackplaneUnavailableException)
        {
            // In a cluster a host may have lost its lease with a node, while this host could renew its own on another node.
            ResetGrace();
            throw;
        }
        _seenAlive.UnionWith(alive.Select(h => h.Id));
        if (!_isCoordinator)
            return 0;
        var moved = 0;
        var failures = new ConcurrentQueue<Exception>();
        foreach (var host in dead)
        {
            if (!_seenAlive.Contains(host) && time.GetElapsedTime(_graceStart) < StartupGrace)
                continue;
            var names = await connection.RunAsync(db => db.SetMembersAsync(RedisNames.HostRooms(host)), ct);
            if (names.Length == 0)
                continue;
            var selector = await survey.ReadAsync(ct);
            await Parallel.ForEachAsync(
                names,
                new ParallelOptions { MaxDegreeOfParallelism = MaxParallelMoves, TaskScheduler = scheduler, CancellationToken = ct },
                async (name, token) =>
                {
                    try
                    {
                        if (await MoveAsync(name!, host, selector, token))
                            Interlocked.Increment(ref moved);
                    }
                    catch (Exception e) when (e is not (BackplaneUnavailableException or OperationCanceledException))
                    {
                        failures.Enqueue(e);
                    }
                });
        }
        // Reported after the other rooms were moved.
        return failures.IsEmpty ? moved : throw new AggregateException("Moving rooms of dead hosts failed.", failures);
    }

    private async Task<bool> TryLeadAsync(IDatabase db) =>
        (bool)await RedisScript.TryLead.RunAsync(db, [RedisNames.Coordinator], connection.Instance,
            (long)CoordinatorLifetime.TotalMilliseconds);

    private async Task<bool> MoveAsync(string name, string from, HostSelector selector, CancellationToken ct)
    {
        var room = await rooms.FindAsync(name, ct);
        if (room is null || room.HostId != from)
        {
            // Left behind by a process that crashed during a move or a deletion.
            await connection.RunAsync(db => db.SetRemoveAsync(RedisNames.HostRooms(from), name), ct);
            return false;
        }
        if (room.State == RoomState.Closing)
        {
            await rooms.ShutdownAsync(name, ct: ct);
            return false;
        }
        return selector.SelectLeastLoaded(new HashSet<string> { from }, room.Version) is { } host
            && await placement.MoveAsync(room, host.Id, ReassignmentReason.HostLost, ct);
    }
}
