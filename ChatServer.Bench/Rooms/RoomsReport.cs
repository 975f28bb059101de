using ChatServer.Bench.Reports;

namespace ChatServer.Bench.Rooms;

/// <summary>How a rooms run went.</summary>
internal sealed record RoomsReport : IReport
{
    public required int Rooms { get; init; }
    public required int Parallel { get; init; }
    public required double Seconds { get; init; }
    public required double RoomsPerSecond { get; init; }

    /// <summary>From the call to its answer.</summary>
    public required AnswerTimes AnswerMs { get; init; }

    /// <summary>The same of the first tenth of the rooms, when there were few.</summary>
    public required AnswerTimes FirstTenthMs { get; init; }

    /// <summary>The same of the last tenth, when there were many.</summary>
    public required AnswerTimes LastTenthMs { get; init; }

    /// <summary>The RoomHost's with all rooms.</summary>
    public required long? RssBytes { get; init; }

    /// <summary>What that is above the RoomHost before the first room, for each.</summary>
    public required double? BytesEach { get; init; }

    /// <summary>Rooms that did not answer with their name at their port.</summary>
    public required int Wrong { get; init; }

    public bool Well => Wrong == 0;

    public IEnumerable<Row> Rows()
    {
        yield return new("rooms", $"{Rooms:N0}, {Parallel:N0} at a time");
        yield return new("created in", $"{Seconds:N2} s, {RoomsPerSecond:N0}/s");
        yield return new("call to answer p50, p99, max", $"{AnswerMs}");
        yield return new("of the first tenth", $"{FirstTenthMs}");
        yield return new("of the last tenth", $"{LastTenthMs}");
        if (RssBytes is { } rss)
            yield return new("RoomHost's RSS", $"{rss / 1048576.0:N1} MB, {BytesEach:N0} B a room");
        yield return new("not found at their port", $"{Wrong:N0}");
    }
}

/// <summary>Times from a call to its answer, in milliseconds.</summary>
internal sealed record AnswerTimes(double P50, double P99, double Max)
{
    /// <summary>Of at least one.</summary>
    public static AnswerTimes Of(IEnumerable<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToArray();
        return new AnswerTimes(At(0.5), At(0.99), sorted[^1]);

        double At(double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    }

    public override string ToString() => $"{P50:N2}, {P99:N2}, {Max:N2} ms";
}
