using ChatServer.Cli.Reports;

namespace ChatServer.Cli.Bench.Fanout;

/// <summary>Report of a fan-out run. Figures cover the measurement; faults cover the whole run.</summary>
internal sealed record FanoutReport : IReport
{
    public required int Clients { get; init; }
    public required int Publishers { get; init; }
    public required int? Window { get; init; }
    public required double? Rate { get; init; }
    public required int Payload { get; init; }
    public required double JoinSeconds { get; init; }
    public required double Seconds { get; init; }
    public required double MessagesPerSecond { get; init; }
    public required long Deliveries { get; init; }
    public required double DeliveriesPerSecond { get; init; }
    public required double BytesPerSecond { get; init; }
    public required LatencyReport LatencyMs { get; init; }

    /// <summary>Maximum delay of a send relative to the rate, in milliseconds.</summary>
    public required double? LatestMs { get; init; }

    /// <summary>Number of checked deliveries in the whole run.</summary>
    public required long Checked { get; init; }
    public required DeliveryFaults Faults { get; init; }

    /// <summary>Connections that the server closed, by reason.</summary>
    public required IReadOnlyList<ClosedReport> Closed { get; init; }

    /// <summary>Number of events that do not belong to this run.</summary>
    public required long Foreign { get; init; }
    public required CpuReport? Server { get; init; }
    public required CpuReport Generator { get; init; }

    public bool Well => !Faults.Any && Closed.Count == 0;

    public IEnumerable<Row> Rows()
    {
        yield return new("members, publishers", $"{Clients:N0}, {Publishers:N0}");
        yield return new("load", Window is { } window ? $"window {window}, {Payload} B" : $"{Rate:N0} messages/s, {Payload} B");
        yield return new("joined in", $"{JoinSeconds:N2} s");
        yield return new("measured", $"{Seconds:N1} s");
        yield return new("messages/s", $"{MessagesPerSecond:N0}");
        yield return new("deliveries/s", $"{DeliveriesPerSecond:N0}");
        yield return new("received", $"{BytesPerSecond / 1e6:N1} MB/s");
        yield return new("latency p50, p99, max", $"{LatencyMs.P50:N2}, {LatencyMs.P99:N2}, {LatencyMs.Max:N2} ms");
        if (LatestMs is { } latest)
            yield return new("said late by at most", $"{latest:N2} ms");
        foreach (var row in CpuReport.Rows(Server, Generator))
            yield return row;
        yield return new("checked", $"{Checked:N0} deliveries");
        yield return new("lost, repeated, reordered", $"{Faults.Lost:N0}, {Faults.Repeated:N0}, {Faults.Reordered:N0}");
        yield return new(
            "sequences skipped, repeated, reordered",
            $"{Faults.SequencesSkipped:N0}, {Faults.SequencesRepeated:N0}, {Faults.SequencesReordered:N0}");
        if (Faults.Malformed > 0)
            yield return new("malformed frames", $"{Faults.Malformed:N0}");
        if (Foreign > 0)
            yield return new("events of others", $"{Foreign:N0}");
        foreach (var (how, count) in Closed)
            yield return new($"closed: {how}", $"{count:N0} connections");
    }
}

/// <summary>Connections that the server closed with one reason.</summary>
/// <param name="How">Close code and reason.</param>
/// <param name="Connections">Number of connections.</param>
internal sealed record ClosedReport(string How, int Connections);
