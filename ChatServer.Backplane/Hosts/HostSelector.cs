namespace ChatServer.Backplane.Hosts;

/// <summary>
/// Selects hosts for rooms: the host with the lowest share of its capacity in use, and among equals the one with the fewest connections.
/// Each selection counts at once, so many rooms are distributed evenly. May be called from any thread.
/// </summary>
internal sealed class HostSelector(IEnumerable<(HostRecord Host, long Rooms)> hosts)
{
    private readonly Lock _gate = new();
    private readonly List<Candidate> _candidates = [.. hosts.Select(h => new Candidate(h.Host, h.Rooms))];

    /// <summary>Returns the host for one more room, none of <paramref name="except"/>; null if none has capacity left.</summary>
    public HostRecord? SelectLeastLoaded(IReadOnlySet<string> except)
    {
        lock (_gate)
        {
            var best = _candidates
                .Where(c => c.Rooms < c.Host.Capacity && !except.Contains(c.Host.Id))
                .OrderBy(c => (double)c.Rooms / c.Host.Capacity)
                .ThenBy(c => c.Host.Connections)
                .FirstOrDefault();
            if (best is not null)
                best.Rooms++;
            return best?.Host;
        }
    }

    private sealed class Candidate(HostRecord host, long rooms)
    {
        public HostRecord Host { get; } = host;

        public long Rooms { get; set; } = rooms;
    }
}
