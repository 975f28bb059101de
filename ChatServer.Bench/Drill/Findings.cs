namespace ChatServer.Bench.Drill;

/// <summary>What the history checker found in one room. A message, and a member, count once for each kind of defect.</summary>
internal sealed class Findings(string room)
{
    // Enough to look for the cause; a room that lost its log has thousands.
    private const int MaxDetails = 20;

    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
    private readonly HashSet<string> _duplicated = new(StringComparer.Ordinal);
    private readonly HashSet<string> _divergent = new(StringComparer.Ordinal);
    private readonly List<string> _details = [];

    public int Acknowledged { get; set; }
    public int Unacknowledged { get; set; }

    /// <summary>Events that members saw: each was checked.</summary>
    public long Seen { get; set; }

    /// <summary>How often members were told that their history is not continued.</summary>
    public int Breaks { get; set; }

    public int LostMessages => _lost.Count;
    public int DuplicatedMessages => _duplicated.Count;
    public int ReorderedEvents { get; private set; }
    public int DivergentMembers => _divergent.Count;

    /// <summary>The first of them in words.</summary>
    public IReadOnlyList<string> Details => _details;

    /// <summary>An acknowledged message is not where it was acknowledged, or a member never saw it there.</summary>
    public void Lost(string text, string how)
    {
        if (_lost.Add(text))
            AddDetail($"lost: {text} {how}");
    }

    /// <summary>A message is in the log twice, or was told to a member twice.</summary>
    public void Duplicated(string text, string how)
    {
        if (_duplicated.Add(text))
            AddDetail($"duplicated: {text} {how}");
    }

    /// <summary>Something came before what was there first.</summary>
    public void Reordered(string how)
    {
        ReorderedEvents++;
        AddDetail($"reordered: {how}");
    }

    /// <summary>A member's history is not the room's.</summary>
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
