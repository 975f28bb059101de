namespace ChatServer.Cli.Drill;

/// <summary>Parameters of a drill.</summary>
internal sealed record DrillPlan
{
    /// <summary>The faults, in order; the sequence is repeated <see cref="Times"/> times.</summary>
    public required IReadOnlyList<Fault> Faults { get; init; }

    public required int Times { get; init; }

    public required int Rooms { get; init; }

    /// <summary>Number of members in all rooms together; at least one per room.</summary>
    public required int Members { get; init; }

    /// <summary>Messages per second in all rooms together.</summary>
    public required double Rate { get; init; }

    /// <summary>Time between the recovery from a fault and the next fault, before the first fault, and after the last.</summary>
    public required TimeSpan Pause { get; init; }

    /// <summary>Time limit for the recovery from a fault. The verdict counts the faults that exceed it.</summary>
    public required TimeSpan SettleTimeout { get; init; }
}
