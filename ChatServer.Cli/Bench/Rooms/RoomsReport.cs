using ChatServer.Cli.Reports;

namespace ChatServer.Cli.Bench.Rooms;

/// <summary>Report of a rooms run.</summary>
internal sealed record RoomsReport : IReport
{
    public required int Rooms { get; init; }
    public required int Parallel { get; init; }
    public required double Seconds { get; init; }
    public required double RoomsPerSecond { get; init; }

    /// <summary>Times of all creations.</summary>
    public required AnswerTimes AnswerMs { get; init; }

    /// <summary>Times of the first tenth of the creations, with few rooms.</summary>
    public required AnswerTimes FirstTenthMs { get; init; }

    /// <summary>Times of the last tenth, with many rooms.</summary>
    public required AnswerTimes LastTenthMs { get; init; }

    /// <summary>Resident memory of the RoomHost with all rooms.</summary>
    public required long? RssBytes { get; init; }

    /// <summary>Increase since before the first room, per room.</summary>
    public required double? BytesEach { get; init; }

    /// <summary>Rooms whose port did not answer with their name.</summary>
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

/// <summary>Times from a call to its response, in milliseconds.</summary>
internal sealed record AnswerTimes(double P50, double P99, double Max)
{
    /// <summary>Summarizes at least one time.</summary>
    public static AnswerTimes Of(IEnumerable<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToArray();
        return new AnswerTimes(At(0.5), At(0.99), sorted[^1]);

        double At(double share) => sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))];
    }

    public override string ToString() => $"{P50:N2}, {P99:N2}, {Max:N2} ms";
}
