namespace ChatServer.Backplane.Hosts;

/// <summary>
/// Selects hosts for rooms: the host with the lowest share of its capacity in use, and among equals the one with the fewest connections.
/// Each selection counts at once, so many rooms are distributed evenly. May be called from any thread.
/// </summary>
internal sealed class HostSelector(IEnumerable<(HostRecord Host, long Rooms)> hosts)
{
    private readonly Lock _gate = new();
    private readonly List<Candidate> _candidates = [.. hosts.Select(h => new Candidate(h.Host, h.Rooms))];

    /// <summary>
    /// Returns the host for one more room of a <see cref="DataVersion"/>, none of <paramref name="except"/>; null if none has capacity left.
    /// </summary>
    public HostRecord? SelectLeastLoaded(IReadOnlySet<string> except, int version)
    {
        lock (_gate)
        {
            var best = LeastLoaded(except, version);
            if (best is not null)
                best.Rooms++;
            return best?.Host;
        }
    }

    /// <summary>The host that <see cref="SelectLeastLoaded"/> would return. It is not counted.</summary>
    public HostRecord? FindLeastLoaded(IReadOnlySet<string> except, int version)
    {
        lock (_gate)
            return LeastLoaded(except, version)?.Host;
    }

    private Candidate? LeastLoaded(IReadOnlySet<string> except, int version) => _candidates
        .Where(c => c.Rooms < c.Host.Capacity && c.Host.DataVersion >= version && !except.Contains(c.Host.Id))
        .OrderBy(c => (double)c.Rooms / c.Host.Capacity)
        .ThenBy(c => c.Host.Connections)
        .FirstOrDefault();

    private sealed class Candidate(HostRecord host, long rooms)
    {
        public HostRecord Host { get; } = host;

        public long Rooms { get; set; } = rooms;
    }
}
