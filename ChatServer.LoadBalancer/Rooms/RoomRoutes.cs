using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;

namespace ChatServer.LoadBalancer;

/// <summary>
/// Where rooms are: a cache of the directory. Word of a change makes it look again, and so do a failed connection and
/// <see cref="MaxAge"/>; what was known last serves while Redis is away.
/// </summary>
/// <remarks>
/// At most one look per room is under way, however many members of a moved room come back at once. A look that a change
/// overtook answers those who waited for it and is not kept. That there is no such room is never kept, and not said while Redis, which
/// lost its data, is being told of its rooms.
/// </remarks>
public sealed class RoomRoutes : IDisposable
{
    /// <summary>Most rooms that are known at a time, about 300 bytes each. Above it the one known longest is forgotten.</summary>
    public const int MaxRooms = 50_000;

    /// <summary>How long a route is used without looking: what a lost word of a change costs at most.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(10);

    private readonly RoomLookup _finder;
    private readonly RoomPlacement _placement;
    private readonly RoomChanges _changes;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _rooms = [];

    public RoomRoutes(RoomLookup finder, RoomPlacement placement, RoomChanges changes, TimeProvider time)
    {
        (_finder, _placement, _changes, _time) = (finder, placement, changes, time);
        // Listening begins before anything is cached; Missed comes once it does.
        _changes.RoomChanged += Doubt;
        _changes.ChangesMissed += DoubtAll;
        _finder.Start();
    }

    /// <summary>The room's route, or null when there is no such room.</summary>
    /// <exception cref="BackplaneUnavailableException">Redis is away, and the room is not known.</exception>
    public async ValueTask<RoomRoute?> FindAsync(string room)
    {
        Task<RoomRoute?> look;
        lock (_gate)
        {
            var entry = GetOrAdd(room);
            if (entry.Route is { Address: not null } && entry.SeenAt is { } seen && _time.GetElapsedTime(seen) < MaxAge)
                return entry.Route;
            if (entry.Look is not { IsCompleted: false })
                entry.Look = LookAsync(room, entry);
            look = entry.Look;
        }
        return await look;
    }

    /// <summary>As <see cref="FindAsync"/>, after nobody answered at <paramref name="failed"/>: looks again unless somebody else has.</summary>
    /// <exception cref="BackplaneUnavailableException">Redis is away, and the room is not known any more.</exception>
    public ValueTask<RoomRoute?> FindAgainAsync(string room, RoomRoute failed)
    {
        lock (_gate)
        {
            if (_rooms.TryGetValue(room, out var entry) && entry.Route == failed)
                entry.SeenAt = null;
        }
        return FindAsync(room);
    }

    /// <summary>
    /// Waits until the room is open elsewhere than at <paramref name="refused"/>, whose host is suspected to be dead: has it moved unless
    /// somebody else did. Asking once does for all who wait. A route without an address is merely waited for.
    /// </summary>
    /// <returns>Null when nobody opened it within <see cref="RoomPlacement.OpenTimeout"/>.</returns>
    /// <exception cref="BackplaneUnavailableException">Redis is away.</exception>
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

    private async Task<RoomRoute?> ReopenAsync(string room, long term)
    {
        if (await _placement.ReopenAsync(room, term, CancellationToken.None) is null)
            return null;
        Doubt(room);
        return await FindAsync(room);
    }

    /// <summary>Watches, until disposed, for the room to live elsewhere than <paramref name="route"/> says.</summary>
    public RouteWatch Watch(string room, RoomRoute route)
    {
        lock (_gate)
        {
            var entry = GetOrAdd(room);
            if (entry.Route is { } now && now.Term > route.Term)
                return new RouteWatch(() => { }, new CancellationToken(canceled: true));
            entry.Watchers++;
            entry.Superseded ??= new CancellationTokenSource();
            return new RouteWatch(
                () =>
                {
                    lock (_gate)
                        entry.Watchers--;
                },
                entry.Superseded.Token);
        }
    }

    private async Task<RoomRoute?> LookAsync(string room, Entry entry)
    {
        var doubts = entry.Doubts; // begun under the gate
        try
        {
            var route = RoomRoute.Of(await _finder.FindAsync(room));
            CancellationTokenSource? superseded = null;
            lock (_gate)
            {
                // A look that was overtaken by another tells of an earlier life: whoever is at the later one stays there.
                if (entry.Doubts == doubts && (route is null || entry.Route is null || route.Term >= entry.Route.Term))
                {
                    if (entry.Route is { } before && before.Term != route?.Term)
                        (superseded, entry.Superseded) = (entry.Superseded, null);
                    (entry.Route, entry.SeenAt) = (route, _time.GetTimestamp());
                }
                if (entry.Route is null)
                    Forget(room, entry);
            }
            if (superseded is not null)
                await superseded.CancelAsync();
            return route;
        }
        catch (BackplaneUnavailableException)
        {
            lock (_gate)
            {
                if (entry.Route is { } lastKnown)
                    return lastKnown;
                Forget(room, entry);
            }
            throw;
        }
    }

    private Entry GetOrAdd(string room)
    {
        if (_rooms.TryGetValue(room, out var entry))
            return entry;
        if (_rooms.Count >= MaxRooms)
            _rooms.Remove(_rooms.Keys.First());
        return _rooms[room] = new Entry();
    }

    private void Forget(string room, Entry entry)
    {
        if (_rooms.TryGetValue(room, out var current) && current == entry)
            _rooms.Remove(room);
    }

    private void Doubt(string room)
    {
        lock (_gate)
        {
            if (_rooms.TryGetValue(room, out var entry))
                Doubt(room, entry);
        }
    }

    private void DoubtAll()
    {
        lock (_gate)
        {
            foreach (var (room, entry) in _rooms)
                Doubt(room, entry);
        }
    }

    // Who is connected through us does not ask where the room is, so we do.
    private void Doubt(string room, Entry entry)
    {
        entry.Doubt();
        if (entry.Watchers > 0)
            entry.Look = LookAsync(room, entry);
    }

    public void Dispose()
    {
        _changes.RoomChanged -= Doubt;
        _changes.ChangesMissed -= DoubtAll;
    }

    /// <summary>What is known of a room. Every member is guarded by the gate.</summary>
    private sealed class Entry
    {
        /// <summary>What was seen last; null until the first look is done.</summary>
        public RoomRoute? Route;

        /// <summary>When; null: since then there was a reason to doubt it.</summary>
        public long? SeenAt;

        /// <summary>The look that is under way, or was.</summary>
        public Task<RoomRoute?>? Look;

        /// <summary>The reopening that is under way, or was.</summary>
        public Task<RoomRoute?>? Reopening;

        /// <summary>Cancelled when a look finds another term than the route's; null until somebody watches for that.</summary>
        public CancellationTokenSource? Superseded;

        /// <summary>How many watch for that.</summary>
        public int Watchers;

        /// <summary>How often it was doubted: a look that began before the last doubt is not kept.</summary>
        public int Doubts;

        public void Doubt()
        {
            Doubts++;
            SeenAt = null;
            Look = null;
        }
    }
}
