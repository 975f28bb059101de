namespace ChatServer.Cli.Drill;

/// <summary>What one member saw: the events, in this order, and the members of the room. Written by one thread.</summary>
internal sealed class MemberHistory(string name)
{
    private readonly List<SeenEvent> _events = [];
    private readonly Dictionary<LogEventId, string?> _textsById = [];
    private readonly List<int> _breaks = [];
    private LogEventId? _newest;

    public string Name => name;

    /// <summary>Its name in the room, which may have a number appended; empty before its welcome.</summary>
    public string User { get; set; } = "";

    /// <summary>The members of the room, as it knows them.</summary>
    public PresenceList Presence { get; } = new();

    /// <summary>Whether the room closed its connection for good: it does not see later events.</summary>
    public bool IsOver { get; set; }

    /// <summary>Position of the last event; null if there is none. Thread-safe.</summary>
    public LogEventId? Newest => Volatile.Read(ref _newest);

    /// <summary>All events.</summary>
    public IReadOnlyList<SeenEvent> All => _events;

    /// <summary>The text that it last saw at a position; null if there is none.</summary>
    public string? this[LogEventId place] => _textsById.GetValueOrDefault(place);

    /// <summary>Adds an event.</summary>
    public void AddSeen(string epoch, long seq, string? text)
    {
        var place = new LogEventId(epoch, seq);
        _events.Add(new SeenEvent(epoch, seq, text));
        _textsById[place] = text;
        Volatile.Write(ref _newest, place);
    }

    /// <summary>Records that the room announced another history, or a gap in the same one.</summary>
    public void AddAnnouncedBreak() => _breaks.Add(_events.Count);

    /// <summary>Finds contradictions to one ordered log.</summary>
    /// <param name="truth">The text at each position.</param>
    /// <param name="isKept">Whether the log still keeps a position.</param>
    /// <param name="find">Finds a message by its text.</param>
    /// <param name="findings">Receives the defects.</param>
    public void Check(IReadOnlyDictionary<LogEventId, string?> truth, Func<LogEventId, bool> isKept, Func<string?, SentMessage?> find,
        Findings findings)
    {
        findings.Seen += _events.Count;
        findings.Breaks += _breaks.Count;
        if (_breaks.Count > 0)
            findings.AddDetail($"{name} received {_breaks.Count} announcements of a break in its history");
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
                findings.Duplicated(text ?? $"{place}", $"was sent to {name} again at {place}");
            else if (last is not null && (epoch == last.Epoch ? seq < last.Seq : epochs.Contains(epoch)))
                findings.Reordered($"{name} saw {place} after {last}");
            else if (last is not null && epoch == last.Epoch && seq > last.Seq + 1)
                findings.Diverges(name, $"saw nothing between {last} and {place}");

            if (find(text) is not null && !placesOf.TryAdd(text!, place) && placesOf[text!] != place)
                findings.Duplicated(text!, $"was sent to {name} at {placesOf[text!]} and at {place}");
            if (truth.TryGetValue(place, out var there) ? there != text : isKept(place))
                findings.Diverges(name, $"saw {text ?? "an event"} at {place}, where the log has {there ?? "something else"}");
            epochs.Add(epoch);
            last = last is not null && last.Epoch == epoch && last.Seq > seq ? last : place;
        }
    }
}
