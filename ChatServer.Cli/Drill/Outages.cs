namespace ChatServer.Cli.Drill;

/// <summary>Reconnects of members and latencies of messages, between two calls of <see cref="Take"/>.</summary>
internal sealed class Outages
{
    private readonly Lock _gate = new();
    private readonly Dictionary<MemberHistory, TimeSpan> _longestDelays = [];
    private readonly List<Reconnect> _reconnects = [];

    /// <summary>Records that a member has a new connection.</summary>
    public void AddReconnect(Reconnect reconnect)
    {
        lock (_gate)
            _reconnects.Add(reconnect);
    }

    /// <summary>Records the latency of a message.</summary>
    public void AddDelay(MemberHistory member, TimeSpan after)
    {
        lock (_gate)
        {
            if (after > _longestDelays.GetValueOrDefault(member))
                _longestDelays[member] = after;
        }
    }

    /// <summary>Returns the records since the last call.</summary>
    public Outage Take()
    {
        lock (_gate)
        {
            var outage = new Outage([.. _reconnects], new Dictionary<MemberHistory, TimeSpan>(_longestDelays));
            _reconnects.Clear();
            _longestDelays.Clear();
            return outage;
        }
    }
}

/// <summary>A new connection of a member whose previous one ended.</summary>
/// <param name="Member">The member.</param>
/// <param name="Room">The name of its room.</param>
/// <param name="Away">Time from the end of the connection to the welcome; null for a witness, which waits before it reconnects.</param>
/// <param name="Reason">Why the previous connection ended.</param>
internal sealed record Reconnect(MemberHistory Member, string Room, TimeSpan? Away, string Reason)
{
    public override string ToString() => $"{Member.Name} in {Room}: {Reason}";
}

/// <summary>The effect of one fault on the members.</summary>
/// <param name="Reconnects">The new connections.</param>
/// <param name="LongestDelays">Maximum latency of a message, for each member that received one.</param>
internal sealed record Outage(IReadOnlyList<Reconnect> Reconnects, IReadOnlyDictionary<MemberHistory, TimeSpan> LongestDelays)
{
    /// <summary>Times without a connection.</summary>
    public IEnumerable<TimeSpan> Away => Reconnects.Select(r => r.Away).OfType<TimeSpan>();

    /// <summary>Maximum latency of a message, for each member.</summary>
    public IEnumerable<TimeSpan> Gaps => LongestDelays.Values;

    /// <summary>The same, for members that kept their connection.</summary>
    public IEnumerable<TimeSpan> KeptGaps =>
        LongestDelays.ExceptBy(Reconnects.Select(r => r.Member), d => d.Key).Select(d => d.Value);

    /// <summary>Maximum number of reconnects of one member.</summary>
    public int MostReconnects => Reconnects.CountBy(r => r.Member).Select(r => r.Value).DefaultIfEmpty().Max();
}
