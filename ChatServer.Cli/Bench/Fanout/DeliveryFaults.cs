namespace ChatServer.Cli.Bench.Fanout;

/// <summary>Faults of deliveries, counted once per affected member.</summary>
internal readonly record struct DeliveryFaults
{
    /// <summary>Messages that did not arrive.</summary>
    public long Lost { get; init; }

    /// <summary>Messages that arrived more than once.</summary>
    public long Repeated { get; init; }

    /// <summary>Messages that arrived after a later one of their publisher.</summary>
    public long Reordered { get; init; }

    /// <summary>Sequences without an event.</summary>
    public long SequencesSkipped { get; init; }

    /// <summary>Sequences with two events.</summary>
    public long SequencesRepeated { get; init; }

    /// <summary>Events that arrived after a later one.</summary>
    public long SequencesReordered { get; init; }

    /// <summary>Invalid frames.</summary>
    public long Malformed { get; init; }

    /// <summary>Whether there is any fault.</summary>
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
