using ChatServer.Cli.Bench.Fanout;
using ChatServer.Cli.Reports;

namespace ChatServer.Cli.Bench.HistoryReads;

/// <summary>Report of handshakes that request a history and are reset.</summary>
internal sealed record HistoryReadsReport : IReport
{
    /// <summary>Size of the history, in bytes of message text.</summary>
    public required long HistoryBytes { get; init; }

    /// <summary>Number of handshakes that were completed and reset.</summary>
    public required int Handshakes { get; init; }

    /// <summary>Number of handshakes that failed or were refused.</summary>
    public required int Refused { get; init; }

    /// <summary>Echo latency of a member on the other host before the attack, in milliseconds.</summary>
    public required LatencyReport EchoBefore { get; init; }

    /// <summary>The same during the attack.</summary>
    public required LatencyReport EchoDuring { get; init; }

    /// <summary>Messages of that member, and those that it did not receive.</summary>
    public required int Sent { get; init; }

    /// <inheritdoc cref="Sent"/>
    public required int Missing { get; init; }

    /// <summary>Memory of Redis and the RoomHosts; empty if their processes are unknown.</summary>
    public required IReadOnlyList<MemoryUse> Memory { get; init; }

    /// <summary>Limits of the run.</summary>
    public required double MaxEchoMs { get; init; }

    /// <inheritdoc cref="MaxEchoMs"/>
    public required long MaxRedisBytes { get; init; }

    public bool Well => Missing == 0 && Handshakes > 0 && EchoDuring.Max <= MaxEchoMs
        && Memory.Where(use => use.Name.StartsWith("redis", StringComparison.Ordinal)).All(use => use.Peak <= MaxRedisBytes);

    public IEnumerable<Row> Rows()
    {
        yield return new("history", $"{Megabytes(HistoryBytes):N0} MB");
        yield return new("handshakes: reset, refused", $"{Handshakes:N0}, {Refused:N0}");
        yield return new("echo on the other host before: p50, p99, max", Milliseconds(EchoBefore));
        yield return new("echo on the other host during: p50, p99, max", $"{Milliseconds(EchoDuring)} (limit {MaxEchoMs:N0} ms)");
        yield return new("messages there: sent, without echo", $"{Sent:N0}, {Missing:N0}");
        foreach (var use in Memory)
        {
            yield return new($"{use.Name}: memory before, peak, after",
                $"{Megabytes(use.Before):N0}, {Megabytes(use.Peak):N0}, {Megabytes(use.After):N0} MB");
        }
    }

    private static string Milliseconds(LatencyReport echo) => $"{echo.P50:N1}, {echo.P99:N1}, {echo.Max:N1} ms";

    private static double Megabytes(long bytes) => bytes / 1e6;
}
