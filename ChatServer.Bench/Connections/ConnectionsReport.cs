using ChatServer.Bench.Reports;

namespace ChatServer.Bench.Connections;

/// <summary>How a connections run went.</summary>
internal sealed record ConnectionsReport : IReport
{
    public required int Connections { get; init; }
    public required IReadOnlyList<ConnectionsRound> Rounds { get; init; }

    public bool Well => Rounds.All(round => round.Closed == 0);

    public IEnumerable<Row> Rows()
    {
        yield return new("connections", $"{Connections:N0}");
        foreach (var (number, round) in Rounds.Index())
        {
            var name = Rounds.Count == 1 ? "" : $"round {number + 1}: ";
            yield return new($"{name}opened in", $"{round.Seconds:N2} s, {round.ConnectionsPerSecond:N0}/s");
            if (round.RssBytes is { } rss)
                yield return new($"{name}server's RSS", $"{rss / 1048576.0:N1} MB, {round.BytesEach:N0} B a connection");
            yield return new($"{name}closed by the server", $"{round.Closed:N0}");
        }
    }
}

/// <summary>Connections opened, held, and closed.</summary>
/// <param name="Seconds">Until all had joined.</param>
/// <param name="ConnectionsPerSecond">The same as a rate.</param>
/// <param name="RssBytes">The server's while all were idle.</param>
/// <param name="BytesEach">What that is above the server before the first connection, for each.</param>
/// <param name="Closed">Connections that the server ended.</param>
internal sealed record ConnectionsRound(double Seconds, double ConnectionsPerSecond, long? RssBytes, double? BytesEach, int Closed);
