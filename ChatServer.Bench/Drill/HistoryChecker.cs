using System.Collections.Concurrent;

namespace ChatServer.Bench.Drill;

/// <summary>
/// Knows of one room what was said, what was acknowledged and where, and what every member saw; finds what of that cannot be true of one
/// ordered log that loses nothing. It speaks to nobody. A message is known by its text, which must be unique.
/// </summary>
/// <remarks>May be called from any thread, but for <see cref="Check"/>: that is for when all is over.</remarks>
internal sealed class HistoryChecker(string room)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, SentMessage> _sent = new(StringComparer.Ordinal);
    private readonly HashSet<SentMessage> _pending = [];
    private readonly List<MemberHistory> _members = [];
    private LogEventId? _newest;

    /// <summary>The room's name.</summary>
    public string Room => room;

    /// <summary>The acknowledged message that is furthest in the log; null: none was acknowledged so far.</summary>
    public LogEventId? Newest
    {
        get
        {
            lock (_gate)
                return _newest;
        }
    }

    /// <summary>Whether all that was said until <paramref name="time"/> was acknowledged or given up.</summary>
    public bool IsAcknowledged(long time)
    {
        lock (_gate)
            return _pending.All(m => m.SentAt > time);
    }

    /// <summary>What one more member sees from now on. Nothing may be said before the last one is here: each must see everything.</summary>
    public MemberHistory Join(string name)
    {
        var member = new MemberHistory(name);
        lock (_gate)
            _members.Add(member);
        return member;
    }

    /// <summary>Somebody is about to say something.</summary>
    /// <param name="text">Never said before.</param>
    /// <param name="now">On the caller's clock.</param>
    public SentMessage AddSent(string text, long now)
    {
        lock (_gate)
        {
            var said = _sent[text] = new SentMessage(text, now, _newest);
            _pending.Add(said);
            return said;
        }
    }

    /// <summary>The room has told its sender that the log holds it.</summary>
    public void Acknowledge(SentMessage said, LogEventId place)
    {
        lock (_gate)
        {
            said.LoggedAs = place;
            _pending.Remove(said);
            if (_newest is null || _newest.Epoch != place.Epoch || _newest.Seq < place.Seq)
                _newest = place;
        }
    }

    /// <summary>The message of this text; null: it is none of ours.</summary>
    public SentMessage? Find(string? text) => text is not null && _sent.TryGetValue(text, out var said) ? said : null;

    /// <summary>Compares all with the log as it is in the end.</summary>
    /// <param name="epoch">Of that log.</param>
    /// <param name="log">What it keeps, oldest first.</param>
    public Findings Check(string epoch, IReadOnlyList<SeenEvent> log)
    {
        var findings = new Findings(room);
        var truth = Truth(epoch, log);
        var firstKept = log.Count > 0 ? log[0].Seq : long.MaxValue;
        foreach (var twice in log.Where(e => Find(e.Text) is not null).GroupBy(e => e.Text).Where(g => g.Count() > 1))
            findings.Duplicated(twice.Key!, $"is in the log at {string.Join(" and ", twice.Select(e => e.Seq))}");

        foreach (var member in _members)
            member.Check(truth, place => place.Epoch == epoch && place.Seq >= firstKept, Find, findings);
        foreach (var said in _sent.Values)
        {
            if (said.LoggedAs is not { } place)
            {
                findings.Unacknowledged++;
                continue;
            }
            findings.Acknowledged++;
            if (place.Epoch != epoch || (place.Seq >= firstKept && (!truth.TryGetValue(place, out var text) || text != said.Text)))
                findings.Lost(said.Text, $"was acknowledged at {place}, where the log does not have it");
            if (_members.FirstOrDefault(m => !m.IsOver && m[place] != said.Text) is { } without)
                findings.Lost(said.Text, $"was acknowledged at {place}, where {without.Name} did not see it");
            if (said.NewestBefore is { } after && after.Epoch == place.Epoch && after.Seq >= place.Seq)
                findings.Reordered($"{said.Text} is at {place}, though it was said when {after} had been acknowledged");
        }
        return findings;
    }

    // What is at each place: the log says so; of places that it does not keep any more, those who saw them do, the first of them first.
    private Dictionary<LogEventId, string?> Truth(string epoch, IReadOnlyList<SeenEvent> log)
    {
        var truth = log.ToDictionary(e => new LogEventId(epoch, e.Seq), e => e.Text);
        var firstKept = log.Count > 0 ? log[0].Seq : long.MaxValue;
        foreach (var seen in _members.SelectMany(m => m.All))
        {
            if (seen.Epoch != epoch || seen.Seq < firstKept)
                truth.TryAdd(new LogEventId(seen.Epoch, seen.Seq), seen.Text);
        }
        return truth;
    }
}

/// <summary>A place in a room's log.</summary>
internal sealed record LogEventId(string Epoch, long Seq)
{
    public override string ToString() => $"{Epoch}.{Seq}";
}

/// <summary>An event of the log as somebody saw it.</summary>
/// <param name="Epoch">The log's.</param>
/// <param name="Seq">Its place.</param>
/// <param name="Text">The message's; null: it is no message.</param>
internal readonly record struct SeenEvent(string Epoch, long Seq, string? Text);

/// <summary>A message.</summary>
/// <param name="text">By which it is known.</param>
/// <param name="at">When it was said, on the caller's clock.</param>
/// <param name="after">What had been acknowledged in the room by then: it belongs behind that.</param>
internal sealed class SentMessage(string text, long at, LogEventId? after)
{
    public string Text => text;

    public long SentAt => at;

    public LogEventId? NewestBefore => after;

    /// <summary>Where the log has it, as its sender was told; null: its sender was told nothing so far.</summary>
    public LogEventId? LoggedAs { get; set; }
}
