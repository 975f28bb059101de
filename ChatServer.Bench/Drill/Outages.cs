namespace ChatServer.Bench.Drill;

/// <summary>How long members were without their room, from one look to the next.</summary>
internal sealed class Outages
{
    private readonly Lock _gate = new();
    private readonly Dictionary<CrowdMember, (int Returns, TimeSpan Longest)> _members = [];
    private readonly List<TimeSpan> _away = [];

    /// <summary>A member is back in its room.</summary>
    public void AddResume(CrowdMember member, TimeSpan away)
    {
        lock (_gate)
        {
            var (returns, longest) = _members.GetValueOrDefault(member);
            _members[member] = (returns + 1, longest);
            _away.Add(away);
        }
    }

    /// <summary>A member saw a message that was said so long before.</summary>
    public void AddDelay(CrowdMember member, TimeSpan after)
    {
        lock (_gate)
        {
            var (returns, longest) = _members.GetValueOrDefault(member);
            _members[member] = (returns, after > longest ? after : longest);
        }
    }

    /// <summary>What happened since the last call.</summary>
    public Outage Take()
    {
        lock (_gate)
        {
            var outage = new Outage([.. _away], [.. _members.Values.Select(m => m.Longest)], _members.Values.Select(m => m.Returns).DefaultIfEmpty().Max());
            _members.Clear();
            _away.Clear();
            return outage;
        }
    }
}

/// <summary>One fault, as the members felt it.</summary>
/// <param name="Away">Of each return to a room: from the connection's end to the welcome.</param>
/// <param name="Gaps">Of each member: the longest time from the saying of a message to its seeing it.</param>
/// <param name="MostReturns">Of one member.</param>
internal sealed record Outage(IReadOnlyList<TimeSpan> Away, IReadOnlyList<TimeSpan> Gaps, int MostReturns);
