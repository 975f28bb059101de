using ChatServer.Backplane;

namespace ChatServer.LoadBalancer;

/// <summary>
/// Where rooms are: a cache of the directory. Word of a change makes it look again, and so do a failed connection and
/// <see cref="MaxAge"/>; what was known last serves while Redis is away.
/// </summary>
/// <remarks>
/// At most one look per room is under way, however many members of a moved room come back at once. A look that a change
/// overtook answers those who waited for it and is not kept. That there is no such room is never kept.
/// </remarks>
public sealed class RoomRoutes : IDisposable
{
    /// <summary>Most rooms that are known at a time, about 300 bytes each. Above it the one known longest is forgotten.</summary>
    public const int MaxRooms = 50_000;

    /// <summary>How long a route is used without looking: what a lost word of a change costs at most.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(10);

    private readonly RoomDirectory _directory;
    private readonly RoomChanges _changes;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _rooms = [];

    public RoomRoutes(RoomDirectory directory, RoomChanges changes, TimeProvider time)
    {
        (_directory, _changes, _time) = (directory, changes, time);
        // Listening begins before anything is cached; Missed comes once it does.
        _changes.Changed += Doubt;
        _changes.Missed += DoubtAll;
        _changes.Start();
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

    private async Task<RoomRoute?> LookAsync(string room, Entry entry)
    {
        var doubts = entry.Doubts; // begun under the gate
        try
        {
            var route = RoomRoute.Of(await _directory.FindAsync(room));
            lock (_gate)
            {
                if (entry.Doubts == doubts)
                    (entry.Route, entry.SeenAt) = (route, _time.GetTimestamp());
                if (entry.Route is null)
                    Forget(room, entry);
            }
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
                entry.Doubt();
        }
    }

    private void DoubtAll()
    {
        lock (_gate)
        {
            foreach (var entry in _rooms.Values)
                entry.Doubt();
        }
    }

    public void Dispose()
    {
        _changes.Changed -= Doubt;
        _changes.Missed -= DoubtAll;
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
