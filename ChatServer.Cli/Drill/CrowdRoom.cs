using System.Diagnostics;
using ChatServer.Cli.Deployment;
using ChatServer.Contracts;

namespace ChatServer.Cli.Drill;

/// <summary>A room with its members and its history checker.</summary>
internal sealed class CrowdRoom(string name)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    // A call to the Admin and a command to the host.
    private static readonly TimeSpan PresencePollInterval = TimeSpan.FromMilliseconds(500);

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

    /// <summary>
    /// Waits until all members, and the room if <paramref name="admin"/> is known, list exactly the members that are in the room. Returns
    /// descriptions of the lists that are still wrong after <paramref name="timeout"/>.
    /// </summary>
    public async Task<IReadOnlyList<string>> SettlePresenceAsync(ApiClient? admin, TimeSpan timeout, CancellationToken ct)
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            var present = Members.Select(m => m.History).Append(Witness!.History).Where(h => !h.IsOver).ToList();
            var names = present.Select(h => h.User).ToHashSet(StringComparer.Ordinal);
            var wrong = present
                .Select(h => h.Presence.DifferenceTo(names, Limits.MaxNamedMembers) is { } difference ? $"{h.Name} {difference}" : null)
                .Append(admin is null ? null : await RoomDifferenceAsync(admin, names, ct))
                .OfType<string>().Select(difference => $"presence: {name}: {difference}").ToList();
            if (wrong.Count == 0 || watch.Elapsed >= timeout)
                return wrong;
            await Task.Delay(PresencePollInterval, ct);
        }
    }

    /// <summary>A unique text that names its sender.</summary>
    public string NextText() => $"{name} {Interlocked.Increment(ref _texts)}";

    private async Task<string?> RoomDifferenceAsync(ApiClient admin, HashSet<string> names, CancellationToken ct)
    {
        try
        {
            if ((await admin.DescribeMembersAsync(name, ct)).Members is not { } members)
                return "the room's host does not answer";
            var list = new PresenceList();
            list.Replace(members.Count, members);
            return list.DifferenceTo(names, int.MaxValue) is { } difference ? $"the room {difference}" : null;
        }
        catch (CliException e)
        {
            return $"the room is not described: {e.Message}";
        }
    }

    private static bool HasSeen(MemberHistory history, LogEventId place) =>
        history.Newest is { } newest && (newest.Epoch != place.Epoch || newest.Seq >= place.Seq);
}
