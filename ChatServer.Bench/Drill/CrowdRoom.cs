using System.Diagnostics;

namespace ChatServer.Bench.Drill;

/// <summary>A room with its members and its history checker.</summary>
internal sealed class CrowdRoom(string name)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private int _texts;

    public HistoryChecker Checker { get; } = new(name);

    public List<CrowdMember> Members { get; } = [];

    /// <summary>A member without a client that would correct errors of the room.</summary>
    public Witness? Witness { get; set; }

    /// <summary>
    /// Waits until all messages sent so far were acknowledged and seen by all members, or <paramref name="ct"/> is cancelled.
    /// </summary>
    public async Task SettleAsync(CancellationToken ct)
    {
        var now = Stopwatch.GetTimestamp();
        while (!Checker.IsAcknowledged(now))
            await Task.Delay(PollInterval, ct);
        if (Checker.Newest is not { } newest)
            return;
        while (!Members.Select(m => m.History).Append(Witness!.History).All(h => h.IsOver || HasSeen(h, newest)))
            await Task.Delay(PollInterval, ct);
    }

    /// <summary>A unique text that names its sender.</summary>
    public string NextText() => $"{name} {Interlocked.Increment(ref _texts)}";

    private static bool HasSeen(MemberHistory history, LogEventId place) =>
        history.Newest is { } newest && (newest.Epoch != place.Epoch || newest.Seq >= place.Seq);
}
