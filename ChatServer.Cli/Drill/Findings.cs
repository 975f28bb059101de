namespace ChatServer.Cli.Drill;

/// <summary>Defects that the history checker found in one room. A message or a member counts once per kind of defect.</summary>
internal sealed class Findings(string room)
{
    // Enough to find the cause; a room that lost its log has thousands.
    private const int MaxDetails = 20;

    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
    private readonly HashSet<string> _duplicated = new(StringComparer.Ordinal);
    private readonly HashSet<string> _divergent = new(StringComparer.Ordinal);
    private readonly List<string> _details = [];

    public int Acknowledged { get; set; }
    public int Unacknowledged { get; set; }

    /// <summary>Number of events that members saw and that were checked.</summary>
    public long Seen { get; set; }

    /// <summary>Number of announced breaks of a member's history.</summary>
    public int Breaks { get; set; }

    public int LostMessages => _lost.Count;
    public int DuplicatedMessages => _duplicated.Count;
    public int ReorderedEvents { get; private set; }
    public int DivergentMembers => _divergent.Count;

    /// <summary>Descriptions of the first defects.</summary>
    public IReadOnlyList<string> Details => _details;

    /// <summary>Records that an acknowledged message is not at its position, or that a member did not see it there.</summary>
    public void Lost(string text, string how)
    {
        if (_lost.Add(text))
            AddDetail($"lost: {text} {how}");
    }

    /// <summary>Records that a message is in the log twice, or was delivered to a member twice.</summary>
    public void Duplicated(string text, string how)
    {
        if (_duplicated.Add(text))
            AddDetail($"duplicated: {text} {how}");
    }

    /// <summary>Records that an event arrived before an earlier one.</summary>
    public void Reordered(string how)
    {
        ReorderedEvents++;
        AddDetail($"reordered: {how}");
    }

    /// <summary>Records that a member's history differs from that of the room.</summary>
    public void Diverges(string member, string how)
    {
        if (_divergent.Add(member))
            AddDetail($"divergent: {member} {how}");
    }

    public void AddDetail(string what)
    {
        if (_details.Count < MaxDetails)
            _details.Add($"{room}: {what}");
    }
}
