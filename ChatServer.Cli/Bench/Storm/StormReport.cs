using System.Globalization;
using ChatServer.Cli.Reports;

namespace ChatServer.Cli.Bench.Storm;

/// <summary>Report of a storm.</summary>
internal sealed record StormReport : IReport
{
    public required int Members { get; init; }

    /// <summary>Where the members joined.</summary>
    public required StormPlace At { get; init; }

    public required IReadOnlyList<StormRound> Rounds { get; init; }

    /// <summary>Median over the rounds of the time until a member is in the room, in milliseconds.</summary>
    public double MedianP50Ms => Median(round => round.P50Ms);

    /// <summary>The same for the 99th percentile.</summary>
    public double MedianP99Ms => Median(round => round.P99Ms);

    public bool Well => Rounds.All(round => round is { Refused: 0, NotResumed: 0, Gaps: 0 });

    public IEnumerable<Row> Rows()
    {
        yield return new("members, at", $"{Members:N0}, {At}".ToLowerInvariant());
        foreach (var (number, round) in Rounds.Index())
        {
            var name = $"round {number + 1}: ";
            yield return new($"{name}wait p50, p99, max", $"{round.P50Ms:N0}, {round.P99Ms:N0}, {round.MaxMs:N0} ms");
            yield return new($"{name}refused, failed connections", $"{round.Refused:N0}{Statuses(round)}, {round.FailedConnections:N0}");
            yield return new($"{name}not resumed, gaps", $"{round.NotResumed:N0}, {round.Gaps:N0}");
            yield return new($"{name}load average before", $"{round.LoadAverage:N1}");
        }
        yield return new("median of p50, p99", $"{MedianP50Ms:N0}, {MedianP99Ms:N0} ms");
    }

    private static string Statuses(StormRound round) => round.Refused == 0 ? ""
        : $" ({string.Join(", ", round.Refusals.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Value} × {s.Key}")))})";

    private double Median(Func<StormRound, double> value)
    {
        var ordered = Rounds.Select(value).Order().ToList();
        return (ordered[(ordered.Count - 1) / 2] + ordered[ordered.Count / 2]) / 2;
    }
}

/// <summary>One storm. Times are from its begin to a member's welcome, in milliseconds.</summary>
/// <param name="P50Ms">Median of the members.</param>
/// <param name="P99Ms">99th percentile.</param>
/// <param name="MaxMs">The last member.</param>
/// <param name="Refusals">Number of refused handshakes, by status.</param>
/// <param name="FailedConnections">Number of connections that failed or ended without an answer.</param>
/// <param name="NotResumed">Members that did not continue where they were.</param>
/// <param name="Gaps">Events that members missed, or received twice or in another order.</param>
/// <param name="LoadAverage">Load average of the machine before the storm, one minute; null if it is unknown.</param>
internal sealed record StormRound(
    double P50Ms, double P99Ms, double MaxMs, IReadOnlyDictionary<int, int> Refusals, int FailedConnections, int NotResumed, int Gaps,
    double? LoadAverage)
{
    /// <summary>Number of refused handshakes.</summary>
    public int Refused => Refusals.Values.Sum();
}
