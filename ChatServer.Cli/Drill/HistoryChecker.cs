using System.Collections.Concurrent;

namespace ChatServer.Cli.Drill;

/// <summary>
/// Records the sent messages of a room, their acknowledged positions, and the events that each member saw; finds contradictions to one
/// ordered log without loss. It has no connections. Messages are identified by their texts, which must be unique.
/// </summary>
/// <remarks>Thread-safe, except <see cref="Check"/>, which is called after all other calls.</remarks>
internal sealed class HistoryChecker(string room)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, SentMessage> _sent = new(StringComparer.Ordinal);
    private readonly HashSet<SentMessage> _pending = [];
    private readonly List<MemberHistory> _members = [];
    private LogEventId? _newest;

    /// <summary>The room's name.</summary>
    public string Room => room;

    /// <summary>The position of the newest acknowledged message; null if there is none.</summary>
    public LogEventId? Newest
    {
        get
        {
            lock (_gate)
                return _newest;
        }
    }

    /// <summary>Whether all messages that were sent until <paramref name="time"/> were acknowledged.</summary>
    public bool IsAcknowledged(long time)
    {
        lock (_gate)
            return _pending.All(m => m.SentAt > time);
    }

    /// <summary>Adds a member. All members must join before the first message, because each must see all messages.</summary>
    public MemberHistory Join(string name)
    {
        var member = new MemberHistory(name);
        lock (_gate)
            _members.Add(member);
        return member;
    }

    /// <summary>Records a message before it is sent.</summary>
    /// <param name="text">A unique text.</param>
    /// <param name="now">Time, on the caller's clock.</param>
    public SentMessage AddSent(string text, long now)
    {
        lock (_gate)
        {
            var said = _sent[text] = new SentMessage(text, now, _newest);
            _pending.Add(said);
            return said;
        }
    }

    /// <summary>Records an acknowledgement.</summary>
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

    /// <summary>The message with this text; null if it was not recorded.</summary>
    public SentMessage? Find(string? text) => text is not null && _sent.TryGetValue(text, out var said) ? said : null;

    /// <summary>Compares all records with the final log.</summary>
    /// <param name="epoch">Epoch of the log.</param>
    /// <param name="log">Events that the log keeps, oldest first.</param>
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

    // The text at each position: from the log; for positions that it no longer keeps, from the first member that saw them.
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

/// <summary>A position in a room's log.</summary>
internal sealed record LogEventId(string Epoch, long Seq)
{
    public override string ToString() => $"{Epoch}.{Seq}";
}

/// <summary>An event of the log, as a member saw it.</summary>
/// <param name="Epoch">Epoch of the log.</param>
/// <param name="Seq">Its sequence.</param>
/// <param name="Text">Text of the message; null for other events.</param>
internal readonly record struct SeenEvent(string Epoch, long Seq, string? Text);

/// <summary>A sent message.</summary>
/// <param name="text">Its unique text.</param>
/// <param name="at">Time of sending, on the caller's clock.</param>
/// <param name="after">The newest acknowledged position at that time: the message must follow it.</param>
internal sealed class SentMessage(string text, long at, LogEventId? after)
{
    public string Text => text;

    public long SentAt => at;

    public LogEventId? NewestBefore => after;

    /// <summary>The acknowledged position; null without an acknowledgement.</summary>
    public LogEventId? LoggedAs { get; set; }
}
