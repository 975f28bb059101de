using System.Diagnostics;

namespace ChatServer.Bench.Drill;

/// <summary>A room, those who sit in it, and what is known of it.</summary>
internal sealed class CrowdRoom(string name)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private int _texts;

    public HistoryChecker Checker { get; } = new(name);

    public List<CrowdMember> Members { get; } = [];

    /// <summary>On the wire, without a client that would put right what the room does wrong.</summary>
    public Witness? Witness { get; set; }

    /// <summary>Waits until all that was said until now was acknowledged and seen by everyone; until <paramref name="ct"/> otherwise.</summary>
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

    /// <summary>A text by which its message is known, and that tells a person where it comes from.</summary>
    public string NextText() => $"{name} {Interlocked.Increment(ref _texts)}";

    private static bool HasSeen(MemberHistory history, LogEventId place) =>
        history.Newest is { } newest && (newest.Epoch != place.Epoch || newest.Seq >= place.Seq);
}
