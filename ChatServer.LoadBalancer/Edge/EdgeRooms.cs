using ChatServer.Backplane.Connections;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Relays;
using ChatServer.LoadBalancer.Rooms;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>The rooms that have members at this load balancer.</summary>
internal sealed class EdgeRooms(
    RoomRoutes routes, RelayConnector connector, BackplaneConnection backplane, TimeProvider time, ILogger<EdgeRooms> logger)
    : IHostedLifecycleService
{
    /// <summary>
    /// Time in which the members of a load balancer that stops are closed, so that the others are not reached by all at once.
    /// </summary>
    public static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(5);

    private const int DrainSteps = 20;

    // So few are closed at once that a load balancer with few members stops without a delay.
    private const int MinClosesPerStep = 50;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, EdgeRoom> _rooms = [];
    private volatile bool _isStopping;

    /// <summary>Whether the process stops: no member may join.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Asks the room's host to admit a member, as <see cref="EdgeRoom.JoinAsync"/>.</summary>
    /// <returns>The room, to be released after <see cref="EdgeMember.Enter"/>, and the answer; null if there is no such room.</returns>
    public async Task<(EdgeRoom Room, EdgeJoinAnswer Answer)?> JoinAsync(string name, RelayJoin request, RoomConnection connection)
    {
        // A name without a room costs a lookup, and nothing after it.
        if (!IsKnown(name) && await routes.FindAsync(name) is null)
            return null;
        var room = Reserve(name);
        try
        {
            return (room, await room.JoinAsync(request, connection));
        }
        catch
        {
            room.Release();
            throw;
        }
    }

    /// <summary>The rooms.</summary>
    public IReadOnlyList<EdgeRoom> All
    {
        get
        {
            lock (_gate)
                return [.. _rooms.Values];
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Closes all members, spread over the drain time.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        var open = (await Task.WhenAll(All.Select(room => room.CloseSomeAsync(0, "")))).Sum();
        var perStep = Math.Max(MinClosesPerStep, (open + DrainSteps - 1) / DrainSteps);
        // One more step than needed: for joins that were being answered, and so that the last Close frames are read.
        for (var isLast = false; !isLast && !cancellationToken.IsCancellationRequested;)
        {
            isLast = await CloseSomeAsync(All, perStep) == 0;
            await Task.Delay(DrainTime / DrainSteps, time, CancellationToken.None);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        foreach (var room in All)
            room.Dispose();
        return Task.CompletedTask;
    }

    private static async Task<int> CloseSomeAsync(IReadOnlyList<EdgeRoom> rooms, int count)
    {
        var left = 0;
        foreach (var room in rooms)
        {
            var before = await room.CloseSomeAsync(0, "");
            var after = await room.CloseSomeAsync(count, "load-balancer-stopping");
            count -= before - after;
            left += after;
        }
        return left;
    }

    private bool IsKnown(string name)
    {
        lock (_gate)
            return _rooms.ContainsKey(name);
    }

    private EdgeRoom Reserve(string name)
    {
        lock (_gate)
        {
            if (_rooms.TryGetValue(name, out var known) && known.TryReserve())
                return known;
            var room = _rooms[name] = new EdgeRoom(name, backplane.Instance, connector, time, logger, OnEnded);
            room.TryReserve();
            return room;
        }
    }

    private void OnEnded(EdgeRoom room)
    {
        lock (_gate)
        {
            if (_rooms.TryGetValue(room.Name, out var current) && current == room)
                _rooms.Remove(room.Name);
        }
    }
}
