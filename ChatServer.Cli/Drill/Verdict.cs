using ChatServer.Cli.Reports;

namespace ChatServer.Cli.Drill;

/// <summary>Report of a drill.</summary>
internal sealed record Verdict : IReport
{
    public required int Rooms { get; init; }
    public required int Members { get; init; }
    public required double Rate { get; init; }
    public required double Seconds { get; init; }
    public required int Acknowledged { get; init; }

    /// <summary>Messages without an acknowledgement. Whether they were logged is unknown.</summary>
    public required int Unacknowledged { get; init; }

    /// <summary>Acknowledged messages that are not at their position in the log, or that a member did not see there.</summary>
    public required int Lost { get; init; }

    /// <summary>Messages that are in the log twice, or that a member got twice.</summary>
    public required int Duplicated { get; init; }

    /// <summary>Events that a member saw after a later one, and messages logged before an earlier acknowledged one.</summary>
    public required int Reordered { get; init; }

    /// <summary>Members whose history differs from that of the room.</summary>
    public required int DivergentMembers { get; init; }

    /// <summary>Lists of members, of a member or of a room, that differ from the members that are in the room at the end.</summary>
    public required int WrongPresenceLists { get; init; }

    /// <summary>Number of announced breaks of a member's history.</summary>
    public required int HistoriesChanged { get; init; }

    /// <summary>Members that the room removed for good.</summary>
    public required int PutOut { get; init; }

    /// <summary>Acknowledged events that a promoted replica of Redis lacked. Null without a replica.</summary>
    public required long? LackedByReplicas { get; init; }

    /// <summary>The fault that could not be injected, and the reason; later faults were not injected either. Null if all were.</summary>
    public required string? NotInjected { get; init; }

    /// <summary>Number of events that members saw and that were checked.</summary>
    public required long Seen { get; init; }

    /// <summary>Time from the end of a connection to the next welcome, in milliseconds.</summary>
    public required OutageTimes ResumeMs { get; init; }

    /// <summary>Maximum latency of a message, per member and fault, in milliseconds.</summary>
    public required OutageTimes GapMs { get; init; }

    /// <summary>The same, for members that kept their connection during the fault.</summary>
    public required OutageTimes KeptGapMs { get; init; }

    /// <summary>The figures per kind of fault.</summary>
    public required IReadOnlyList<FaultVerdict> Faults { get; init; }

    /// <summary>Descriptions of the first defects.</summary>
    public required IReadOnlyList<string> Findings { get; init; }

    public bool Well =>
        (Unacknowledged, Lost, Duplicated, Reordered, DivergentMembers, WrongPresenceLists, HistoriesChanged, PutOut) == default
            && NotInjected is null
            && Faults.All(f => f is { NotSettled: 0, UnexpectedReconnects: 0 });

    public IEnumerable<Row> Rows()
    {
        yield return new("rooms, members, rate", $"{Rooms:N0}, {Members:N0}, {Rate:N0} messages/s");
        yield return new("lasted", $"{Seconds:N0} s");
        yield return new("acknowledged", $"{Acknowledged:N0}");
        yield return new("lost", $"{Lost:N0}");
        yield return new("duplicated", $"{Duplicated:N0}");
        yield return new("reordered", $"{Reordered:N0}");
        yield return new("divergent members", $"{DivergentMembers:N0}");
        yield return new("wrong presence lists", $"{WrongPresenceLists:N0}");
        if (LackedByReplicas is { } lacked)
            yield return new("events that promoted replicas lacked", $"{lacked:N0}");
        yield return new("events seen and checked", $"{Seen:N0}");
        yield return new("resume p50, p99, max", $"{ResumeMs}");
        yield return new("longest gap p50, p99, max", $"{GapMs}");
        yield return new("  of members that kept their connection", $"{KeptGapMs}");
        foreach (var fault in Faults)
        {
            yield return new(
                $"{fault.Fault}, {fault.Times} times: new connections",
                $"{fault.Reconnects:N0}, at most {fault.MostReconnects} of a member");
            if (fault.UnexpectedReconnects > 0)
                yield return new("  none of them was necessary", $"{fault.UnexpectedReconnects:N0}");
            if (fault.Reconnects > 0)
                yield return new("  resume p50, p99, max", $"{fault.ResumeMs}");
            yield return new("  longest gap p50, p99, max", $"{fault.GapMs}");
            yield return new("  of members that kept their connection", $"{fault.KeptGapMs}");
            if (fault.NotSettled > 0)
                yield return new("  without recovery in time", $"{fault.NotSettled} times");
        }
        if (Unacknowledged > 0)
            yield return new("never acknowledged", $"{Unacknowledged:N0}");
        if (HistoriesChanged > 0)
            yield return new("announced breaks of histories", $"{HistoriesChanged:N0}");
        if (PutOut > 0)
            yield return new("members removed by the room", $"{PutOut:N0}");
        if (NotInjected is not null)
            yield return new($"not injected: {NotInjected}", "");
        foreach (var finding in Findings)
            yield return new(finding, "");
    }
}

/// <summary>Figures of one kind of fault.</summary>
/// <param name="Fault">Name of the fault.</param>
/// <param name="Times">Number of injections.</param>
/// <param name="NotSettled">Number of injections without a recovery within the time limit.</param>
/// <param name="Reconnects">Number of new connections of members and witnesses.</param>
/// <param name="UnexpectedReconnects">Those beyond <see cref="Drill.Fault.MaxReconnects"/> of each member.</param>
/// <param name="MostReconnects">Maximum number of reconnects of one member after one fault.</param>
/// <param name="ResumeMs">See <see cref="Verdict"/>.</param>
/// <param name="GapMs">See <see cref="Verdict"/>.</param>
/// <param name="KeptGapMs">See <see cref="Verdict"/>.</param>
internal sealed record FaultVerdict(
    string Fault, int Times, int NotSettled, int Reconnects, int UnexpectedReconnects, int MostReconnects, OutageTimes ResumeMs,
    OutageTimes GapMs, OutageTimes KeptGapMs);

/// <summary>Times in milliseconds; zero without values.</summary>
internal sealed record OutageTimes(double P50, double P99, double Max)
{
    public static OutageTimes Of(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Select(t => Math.Round(t.TotalMilliseconds, 1)).Order().DefaultIfEmpty().ToArray();
        return new OutageTimes(At(0.5), At(0.99), sorted[^1]);

        double At(double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    }

    public override string ToString() => $"{P50:N0}, {P99:N0}, {Max:N0} ms";
}
