using ChatServer.Cli.Reports;

namespace ChatServer.Cli.Bench.Connections;

/// <summary>Report of a connections run.</summary>
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

/// <summary>One round of a connections run.</summary>
/// <param name="Seconds">Time until all connections had joined.</param>
/// <param name="ConnectionsPerSecond">Rate of joins.</param>
/// <param name="RssBytes">Resident memory of the server with all connections idle.</param>
/// <param name="BytesEach">Increase since before the first connection, per connection.</param>
/// <param name="Closed">Number of connections that the server closed.</param>
internal sealed record ConnectionsRound(double Seconds, double ConnectionsPerSecond, long? RssBytes, double? BytesEach, int Closed);
