using ChatServer.Bench.Reports;

namespace ChatServer.Bench.Drill;

/// <summary>What a drill showed.</summary>
internal sealed record Verdict : IReport
{
    public required int Rooms { get; init; }
    public required int Members { get; init; }
    public required double Rate { get; init; }
    public required double Seconds { get; init; }
    public required int Acknowledged { get; init; }

    /// <summary>Messages of which their sender heard nothing in the end. Whether they were logged is not known.</summary>
    public required int Unacknowledged { get; init; }

    /// <summary>Acknowledged messages that are not in the log where they were acknowledged, or that somebody never saw there.</summary>
    public required int Lost { get; init; }

    /// <summary>Messages that are in the log twice, or that somebody was told twice.</summary>
    public required int Duplicated { get; init; }

    /// <summary>Events that somebody saw after a later one, and messages whose place is before one that was acknowledged when they were said.</summary>
    public required int Reordered { get; init; }

    /// <summary>Members whose history is not the room's.</summary>
    public required int DivergentMembers { get; init; }

    /// <summary>How often a member was told that its history is not continued.</summary>
    public required int HistoriesChanged { get; init; }

    /// <summary>Members that the room put out for good.</summary>
    public required int PutOut { get; init; }

    /// <summary>Events that members saw: each was checked.</summary>
    public required long Seen { get; init; }

    /// <summary>From a connection's end to the welcome on the next, in milliseconds.</summary>
    public required OutageTimes ResumeMs { get; init; }

    /// <summary>Of a member and a fault: the longest time from the saying of a message to its seeing it, in milliseconds.</summary>
    public required OutageTimes GapMs { get; init; }

    /// <summary>The same, of each kind of fault.</summary>
    public required IReadOnlyList<FaultVerdict> Faults { get; init; }

    /// <summary>The first defects, in words.</summary>
    public required IReadOnlyList<string> Findings { get; init; }

    public bool Well => (Unacknowledged, Lost, Duplicated, Reordered, DivergentMembers, HistoriesChanged, PutOut) == default && Faults.All(f => f.NotSettled == 0);

    public IEnumerable<Row> Rows()
    {
        yield return new("rooms, members, rate", $"{Rooms:N0}, {Members:N0}, {Rate:N0} messages/s");
        yield return new("lasted", $"{Seconds:N0} s");
        yield return new("acknowledged", $"{Acknowledged:N0}");
        yield return new("lost", $"{Lost:N0}");
        yield return new("duplicated", $"{Duplicated:N0}");
        yield return new("reordered", $"{Reordered:N0}");
        yield return new("divergent members", $"{DivergentMembers:N0}");
        yield return new("events seen and checked", $"{Seen:N0}");
        yield return new("resume p50, p99, max", $"{ResumeMs}");
        yield return new("longest gap p50, p99, max", $"{GapMs}");
        foreach (var fault in Faults)
        {
            yield return new($"{fault.Fault}, {fault.Times} times: reconnects", $"{fault.Reconnects:N0}, at most {fault.MostReconnects} of a member");
            yield return new("  resume p50, p99, max", $"{fault.ResumeMs}");
            yield return new("  longest gap p50, p99, max", $"{fault.GapMs}");
            if (fault.NotSettled > 0)
                yield return new("  not everybody had everything again", $"{fault.NotSettled} times");
        }
        if (Unacknowledged > 0)
            yield return new("never acknowledged", $"{Unacknowledged:N0}");
        if (HistoriesChanged > 0)
            yield return new("histories that were not continued", $"{HistoriesChanged:N0}");
        if (PutOut > 0)
            yield return new("members put out", $"{PutOut:N0}");
        foreach (var finding in Findings)
            yield return new(finding, "");
    }
}

/// <summary>What one kind of fault cost.</summary>
/// <param name="Fault">Its name.</param>
/// <param name="Times">How often it struck.</param>
/// <param name="NotSettled">How often somebody had not everything again after the drill's patience.</param>
/// <param name="Reconnects">Returns of members to their rooms.</param>
/// <param name="MostReconnects">Of one member, from one fault.</param>
/// <param name="ResumeMs">As in the verdict.</param>
/// <param name="GapMs">As in the verdict.</param>
internal sealed record FaultVerdict(
    string Fault, int Times, int NotSettled, int Reconnects, int MostReconnects, OutageTimes ResumeMs, OutageTimes GapMs);

/// <summary>Times in milliseconds; zero where there were none.</summary>
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
