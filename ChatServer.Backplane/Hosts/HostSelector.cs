namespace ChatServer.Backplane;

/// <summary>
/// Where rooms go: each to the host that is the least full, of those that fit the fewest connections. Rooms given out here count
/// at once, so that many of them spread.
/// </summary>
internal sealed class HostSelector(IEnumerable<(HostRecord Host, long Rooms)> hosts)
{
    private readonly Lock _gate = new();
    private readonly List<Candidate> _candidates = [.. hosts.Select(h => new Candidate(h.Host, h.Rooms))];

    /// <summary>The host for one more room, none of <paramref name="except"/>; null when there is none with room left.</summary>
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
