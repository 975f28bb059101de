namespace ChatServer.Bench.Fanout;

/// <summary>What went wrong with deliveries; each counts once for every member that it went wrong for.</summary>
internal readonly record struct DeliveryFaults
{
    /// <summary>Messages that did not come.</summary>
    public long Lost { get; init; }

    /// <summary>Messages that came again.</summary>
    public long Repeated { get; init; }

    /// <summary>Messages that came after a later one of their publisher.</summary>
    public long Reordered { get; init; }

    /// <summary>Places in the room's log of which no event came.</summary>
    public long SequencesSkipped { get; init; }

    /// <summary>Places in the room's log of which two events came.</summary>
    public long SequencesRepeated { get; init; }

    /// <summary>Events that came after a later one.</summary>
    public long SequencesReordered { get; init; }

    /// <summary>Frames that no room sends.</summary>
    public long Malformed { get; init; }

    /// <summary>Whether there is any.</summary>
    public bool Any => this != default;

    public static DeliveryFaults operator +(DeliveryFaults a, DeliveryFaults b) => new()
    {
        Lost = a.Lost + b.Lost,
        Repeated = a.Repeated + b.Repeated,
        Reordered = a.Reordered + b.Reordered,
        SequencesSkipped = a.SequencesSkipped + b.SequencesSkipped,
        SequencesRepeated = a.SequencesRepeated + b.SequencesRepeated,
        SequencesReordered = a.SequencesReordered + b.SequencesReordered,
        Malformed = a.Malformed + b.Malformed,
    };
}
