namespace ChatServer.Bench.Drill;

/// <summary>Times without a connection, between two calls of <see cref="Take"/>.</summary>
internal sealed class Outages
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CrowdMember, (int Returns, TimeSpan Longest)> _members = [];
    private readonly List<TimeSpan> _away = [];

    /// <summary>Records a reconnect of a member.</summary>
    public void AddResume(CrowdMember member, TimeSpan away)
    {
        lock (_gate)
        {
            var (returns, longest) = _members.GetValueOrDefault(member);
            _members[member] = (returns + 1, longest);
            _away.Add(away);
        }
    }

    /// <summary>Records the latency of a message.</summary>
    public void AddDelay(CrowdMember member, TimeSpan after)
    {
        lock (_gate)
        {
            var (returns, longest) = _members.GetValueOrDefault(member);
            _members[member] = (returns, after > longest ? after : longest);
        }
    }

    /// <summary>Returns the records since the last call.</summary>
    public Outage Take()
    {
        lock (_gate)
        {
            var outage = new Outage(
                [.. _away], [.. _members.Values.Select(m => m.Longest)], _members.Values.Select(m => m.Returns).DefaultIfEmpty().Max());
            _members.Clear();
            _away.Clear();
            return outage;
        }
    }
}

/// <summary>The effect of one fault on the members.</summary>
/// <param name="Away">Time from the end of a connection to the next welcome, for each reconnect.</param>
/// <param name="Gaps">Maximum latency of a message, for each member.</param>
/// <param name="MostReturns">Maximum number of reconnects of one member.</param>
internal sealed record Outage(IReadOnlyList<TimeSpan> Away, IReadOnlyList<TimeSpan> Gaps, int MostReturns);
