using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;

namespace ChatServer.LoadBalancer.Rooms;

/// <summary>
/// The locations of rooms: a cache of the directory. A route is looked up again after a notification of a change, after a failed
/// connection, and after <see cref="MaxAge"/>. While Redis is unavailable, the last known route is used.
/// </summary>
/// <remarks>
/// At most one lookup of a room is in progress, however many members of a moved room need it. A lookup during which the room changed is
/// returned to its callers and not kept. The absence of a room is never kept, and not reported while hosts restore rooms in a Redis that
/// lost its data.
/// </remarks>
internal sealed class RoomRoutes : IDisposable
{
    /// <summary>
    /// Maximum number of rooms without watches in the cache, about 300 bytes each. The least recently used ones are evicted.
    /// </summary>
    public const int MaxRooms = 50_000;

    // Lookups of watched rooms after a reconnect to Redis. More at a time would delay the lookups of requests.
    private const int MaxConcurrentRefreshes = 16;

    /// <summary>Time for which a route is used without a lookup: the longest effect of a lost notification.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(10);

    private readonly RoomLookup _lookup;
    private readonly RoomPlacement _placement;
    private readonly RoomChanges _changes;
    private readonly TimeProvider _time;
    private readonly int _maxRooms;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _rooms = [];
    private readonly LinkedList<Entry> _unwatched = []; // the least recently used first
    private readonly SemaphoreSlim _refreshes = new(MaxConcurrentRefreshes);

    public RoomRoutes(RoomLookup lookup, RoomPlacement placement, RoomChanges changes, TimeProvider time, int maxRooms = MaxRooms)
    {
        (_lookup, _placement, _changes, _time, _maxRooms) = (lookup, placement, changes, time, maxRooms);
        // Subscribed before anything is cached; ChangesMissed is raised when the subscription is established.
        _changes.RoomChanged += Invalidate;
        _changes.ChangesMissed += InvalidateAll;
        _lookup.Start();
    }

    /// <summary>Returns the room's route, or null if there is no such room.</summary>
    /// <exception cref="BackplaneUnavailableException">Redis is unavailable, and the room is not in the cache.</exception>
    public async ValueTask<RoomRoute?> FindAsync(string room)
    {
        Task<RoomRoute?> lookup;
        lock (_gate)
        {
            var entry = GetOrAdd(room);
            if (entry.Route is { Address: not null } && entry.FoundAt is { } foundAt && _time.GetElapsedTime(foundAt) < MaxAge)
                return entry.Route;
            if (entry.Lookup is not { IsCompleted: false })
                entry.Lookup = LookUpAsync(entry);
            lookup = entry.Lookup;
        }
        return await lookup;
    }

    /// <summary>
    /// As <see cref="FindAsync"/>, after <paramref name="failed"/> led nowhere: looks the room up, unless that happened since.
    /// </summary>
    /// <exception cref="BackplaneUnavailableException">Redis is unavailable, and the room is not in the cache any more.</exception>
    public ValueTask<RoomRoute?> FindAgainAsync(string room, RoomRoute failed)
    {
        lock (_gate)
        {
            if (_rooms.TryGetValue(room, out var entry) && entry.Route == failed)
                entry.FoundAt = null;
        }
        return FindAsync(room);
    }

    /// <summary>
    /// Waits until the room is open elsewhere than at <paramref name="refused"/>, whose host is probably dead, and has it placed on another
    /// host unless that happened already. Concurrent calls for a room share one placement. A route without an address is only waited for.
    /// </summary>
    /// <returns>The new route; null if no host opened the room within <see cref="RoomPlacement.OpenTimeout"/>.</returns>
    /// <exception cref="BackplaneUnavailableException">Redis is unavailable.</exception>
    public async Task<RoomRoute?> ReopenAsync(string room, RoomRoute refused)
    {
        if (await FindAgainAsync(room, refused) is { Address: not null } found && found.Term != refused.Term)
            return found;
        Task<RoomRoute?> reopening;
        lock (_gate)
        {
            var entry = GetOrAdd(room);
            if (entry.Reopening is not { IsCompleted: false })
                entry.Reopening = ReopenAsync(room, refused.Address is null ? 0 : refused.Term);
            reopening = entry.Reopening;
        }
        return await reopening;
    }

    /// <summary>Watches, until disposed, whether the room stays where <paramref name="route"/> leads.</summary>
    public RouteWatch Watch(string room, RoomRoute route)
    {
        lock (_gate)
        {
            var entry = GetOrAdd(room);
            if (entry.Route is { } now && now.Term > route.Term)
                return new RouteWatch(() => { }, new CancellationToken(canceled: true));
            if (entry.Watches++ == 0)
                _unwatched.Remove(entry.Node);
            entry.Moved ??= new CancellationTokenSource();
            return new RouteWatch(() => EndWatch(entry), entry.Moved.Token);
        }
    }

    public void Dispose()
    {
        _changes.RoomChanged -= Invalidate;
        _changes.ChangesMissed -= InvalidateAll;
        _refreshes.Dispose();
    }

    private async Task<RoomRoute?> ReopenAsync(string room, long term)
    {
        if (await _placement.ReopenAsync(room, term, CancellationToken.None) is null)
            return null;
        Invalidate(room);
        return await FindAsync(room);
    }

    private async Task<RoomRoute?> LookUpAsync(Entry entry)
    {
        var changes = entry.Changes; // the gate is held
        try
        {
            var route = RoomRoute.Of(await _lookup.FindAsync(entry.Room));
            CancellationTokenSource? moved = null;
            lock (_gate)
            {
                // A lookup that was overtaken by another one can return an earlier term: a route never goes back.
                if (entry.Changes == changes && (route is null || entry.Route is null || route.Term >= entry.Route.Term))
                {
                    if (entry.Route is { } before && before.Term != route?.Term)
                        (moved, entry.Moved) = (entry.Moved, null);
                    (entry.Route, entry.FoundAt) = (route, _time.GetTimestamp());
                }
                if (entry.Route is null)
                    Remove(entry);
            }
            if (moved is not null)
                await moved.CancelAsync();
            return route;
        }
        catch (BackplaneUnavailableException)
        {
            lock (_gate)
            {
                if (entry.Route is { } lastKnown)
                    return lastKnown;
                Remove(entry);
            }
            throw;
        }
    }

    private Entry GetOrAdd(string room)
    {
        if (_rooms.TryGetValue(room, out var entry))
        {
            if (entry.Watches == 0)
            {
                _unwatched.Remove(entry.Node);
                _unwatched.AddLast(entry.Node);
            }
            return entry;
        }
        if (_unwatched.Count >= _maxRooms)
            Remove(_unwatched.First!.Value);
        entry = _rooms[room] = new Entry(room);
        _unwatched.AddLast(entry.Node);
        return entry;
    }

    private void Remove(Entry entry)
    {
        if (!_rooms.TryGetValue(entry.Room, out var current) || current != entry)
            return;
        _rooms.Remove(entry.Room);
        if (entry.Watches == 0)
            _unwatched.Remove(entry.Node);
    }

    private void EndWatch(Entry entry)
    {
        lock (_gate)
        {
            if (--entry.Watches == 0 && _rooms.TryGetValue(entry.Room, out var current) && current == entry)
                _unwatched.AddLast(entry.Node);
        }
    }

    private void Invalidate(string room)
    {
        lock (_gate)
        {
            if (_rooms.TryGetValue(room, out var entry))
                Invalidate(entry);
        }
    }

    private void InvalidateAll()
    {
        lock (_gate)
        {
            foreach (var entry in _rooms.Values)
                Invalidate(entry);
        }
    }

    // No request looks up a room for the members that are connected to it.
    private void Invalidate(Entry entry)
    {
        entry.Changes++;
        entry.FoundAt = null;
        entry.Lookup = null;
        if (entry.Watches > 0)
            _ = RefreshAsync(entry.Room);
    }

    private async Task RefreshAsync(string room)
    {
        await _refreshes.WaitAsync();
        try
        {
            await FindAsync(room);
        }
        catch (BackplaneUnavailableException)
        {
            // ChangesMissed is raised again after the reconnect.
        }
        finally
        {
            _refreshes.Release();
        }
    }

    /// <summary>What is known of a room. Every member is guarded by the gate.</summary>
    private sealed class Entry
    {
        public Entry(string room) => (Room, Node) = (room, new LinkedListNode<Entry>(this));

        public string Room { get; }

        /// <summary>Its node in the list of rooms without watches.</summary>
        public LinkedListNode<Entry> Node { get; }

        /// <summary>The route that was found last; null until the first lookup is complete.</summary>
        public RoomRoute? Route { get; set; }

        /// <summary>When it was found; null if the room may have changed since.</summary>
        public long? FoundAt { get; set; }

        /// <summary>The lookup that is in progress, or was.</summary>
        public Task<RoomRoute?>? Lookup { get; set; }

        /// <summary>The placement that is in progress, or was.</summary>
        public Task<RoomRoute?>? Reopening { get; set; }

        /// <summary>Cancelled when a lookup finds another term than the route's; null until there is a watch.</summary>
        public CancellationTokenSource? Moved { get; set; }

        /// <summary>Number of watches.</summary>
        public int Watches { get; set; }

        /// <summary>Number of possible changes: a lookup that began before the last one is not kept.</summary>
        public int Changes { get; set; }
    }
}
