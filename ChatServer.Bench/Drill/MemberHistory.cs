namespace ChatServer.Bench.Drill;

/// <summary>Every event that one member saw, in the order in which it did. One thread writes it.</summary>
internal sealed class MemberHistory(string name)
{
    private readonly List<SeenEvent> _events = [];
    private readonly Dictionary<LogEventId, string?> _textsById = [];
    private readonly List<int> _breaks = [];
    private LogEventId? _newest;

    public string Name => name;

    /// <summary>Whether it was put out of the room: it need not see what follows.</summary>
    public bool IsOver { get; set; }

    /// <summary>The event that was seen last; null: none so far. May be asked from any thread.</summary>
    public LogEventId? Newest => Volatile.Read(ref _newest);

    /// <summary>All of them.</summary>
    public IReadOnlyList<SeenEvent> All => _events;

    /// <summary>The text that it last saw at a place; null: none.</summary>
    public string? this[LogEventId place] => _textsById.GetValueOrDefault(place);

    /// <summary>It saw an event.</summary>
    public void AddSeen(string epoch, long seq, string? text)
    {
        var place = new LogEventId(epoch, seq);
        _events.Add(new SeenEvent(epoch, seq, text));
        _textsById[place] = text;
        Volatile.Write(ref _newest, place);
    }

    /// <summary>It was told that what follows is another history, or the same one from some place of the room's choice.</summary>
    public void AddAnnouncedBreak() => _breaks.Add(_events.Count);

    /// <summary>Tells what cannot be true of one ordered log.</summary>
    /// <param name="truth">What is at each place.</param>
    /// <param name="isKept">Whether the log still has a place, so that what is not in it never was.</param>
    /// <param name="find">Messages by their text.</param>
    /// <param name="findings">Is added to.</param>
    public void Check(IReadOnlyDictionary<LogEventId, string?> truth, Func<LogEventId, bool> isKept, Func<string?, SentMessage?> find,
        Findings findings)
    {
        findings.Seen += _events.Count;
        findings.Breaks += _breaks.Count;
        if (_breaks.Count > 0)
            findings.AddDetail($"{name} was told {_breaks.Count} times that its history is not continued");
        var placesOf = new Dictionary<string, LogEventId>(StringComparer.Ordinal);
        var places = new HashSet<LogEventId>();
        var epochs = new HashSet<string>(StringComparer.Ordinal);
        LogEventId? last = null;
        for (var i = 0; i < _events.Count; i++)
        {
            var (epoch, seq, text) = _events[i];
            var place = new LogEventId(epoch, seq);
            if (_breaks.Contains(i))
                (last, places) = (null, []);

            if (!places.Add(place))
                findings.Duplicated(text ?? $"{place}", $"was told to {name} again at {place}");
            else if (last is not null && (epoch == last.Epoch ? seq < last.Seq : epochs.Contains(epoch)))
                findings.Reordered($"{name} saw {place} after {last}");
            else if (last is not null && epoch == last.Epoch && seq > last.Seq + 1)
                findings.Diverges(name, $"saw nothing between {last} and {place}");

            if (find(text) is not null && !placesOf.TryAdd(text!, place) && placesOf[text!] != place)
                findings.Duplicated(text!, $"was told to {name} at {placesOf[text!]} and at {place}");
            if (truth.TryGetValue(place, out var there) ? there != text : isKept(place))
                findings.Diverges(name, $"saw {text ?? "an event"} at {place}, where the log has {there ?? "something else"}");
            epochs.Add(epoch);
            last = last is not null && last.Epoch == epoch && last.Seq > seq ? last : place;
        }
    }
}
