namespace ChatServer.Bench.Drill;

/// <summary>What a drill does.</summary>
internal sealed record DrillPlan
{
    /// <summary>Struck one after the other, <see cref="Times"/> times over.</summary>
    public required IReadOnlyList<Fault> Faults { get; init; }

    public required int Times { get; init; }

    public required int Rooms { get; init; }

    /// <summary>Of all rooms together; at least one each.</summary>
    public required int Members { get; init; }

    /// <summary>Messages a second, of all rooms together.</summary>
    public required double Rate { get; init; }

    /// <summary>Between a fault that is over, with everybody back, and the next; also before the first and after the last.</summary>
    public required TimeSpan Pause { get; init; }

    /// <summary>For everybody to be back and to have seen everything. Who is not by then is told of in the verdict.</summary>
    public required TimeSpan SettleTimeout { get; init; }
}
