using System.Diagnostics;
using System.Text.Json;
using ChatServer.Cli.Drill.Deployments;
using ChatServer.Cli.Reports;

namespace ChatServer.Cli.Drill;

/// <summary>
/// The drill: members send messages; faults occur one after another, each after the recovery from the previous one; then the members
/// stop, and all events that they saw are compared with the logs.
/// </summary>
internal sealed class DrillRun(DrillPlan plan, IDeployment deployment, IPhases phases)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(200);

    private readonly List<InjectedFault> _injected = [];
    private string? _notInjected;
    private IReadOnlyList<string> _wrongLists = [];

    /// <exception cref="CliException">The deployment does not support a fault, or a call fails.</exception>
    public async Task<Verdict> RunAsync(CancellationToken ct)
    {
        foreach (var fault in plan.Faults)
        {
            if (fault.MissingRequirement(deployment) is { } lacking)
                throw new CliException($"{fault.Name} needs {lacking}");
        }
        var crowd = new Crowd(plan, deployment);
        try
        {
            using (var joining = phases.Begin($"joining: {plan.Members} members, {plan.Rooms} rooms", plan.Members))
                await crowd.JoinAsync(joined => joining.Report(joined), ct);
            var started = Stopwatch.GetTimestamp();
            crowd.StartSending();
            await InjectFaultsAsync(crowd, ct);
            await crowd.StopSendingAsync();
            await WithProgressAsync("waiting for the last acknowledgements", crowd, crowd.SettleAsync(ct));
            _wrongLists = await WithProgressAsync("waiting for the last presence events", crowd, crowd.SettlePresenceAsync(ct));
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            // No member receives further events: the histories are complete.
            var removed = crowd.Rooms.SelectMany(r => r.Members).Where(m => m.ClosedReason is not null).ToList();
            await crowd.DisposeAsync();
            return Verdict(seconds, await CheckAsync(crowd, ct), removed);
        }
        finally
        {
            await crowd.DisposeAsync();
            await DeleteAsync(crowd);
        }
    }

    private async Task InjectFaultsAsync(Crowd crowd, CancellationToken ct)
    {
        await WithProgressAsync("before the first fault", crowd, PauseAsync(crowd, ct));
        crowd.Outages.Take();
        var number = 0;
        foreach (var fault in Enumerable.Range(0, plan.Times).SelectMany(_ => plan.Faults))
        {
            var name = $"{fault.Name}, {number + 1} of {plan.Times * plan.Faults.Count}";
            try
            {
                var hasSettled = await WithProgressAsync(name, crowd, InjectFaultAsync(fault, number++, crowd, ct));
                _injected.Add(new InjectedFault(fault, name, crowd.Outages.Take(), hasSettled));
            }
            catch (CliException e) when (_injected.Count > 0)
            {
                // The verdict about the earlier faults is still reported.
                _notInjected = $"{name}: {e.Message}";
                return;
            }
        }
    }

    private async Task<bool> InjectFaultAsync(Fault fault, int number, Crowd crowd, CancellationToken ct)
    {
        await fault.InjectAsync(deployment, [.. crowd.Rooms.Select(r => r.Checker.Room)], number, ct);
        return await crowd.SettleAsync(ct) & await PauseAsync(crowd, ct);
    }

    private async Task<bool> PauseAsync(Crowd crowd, CancellationToken ct)
    {
        await Task.Delay(plan.Pause, ct);
        return await crowd.SettleAsync(ct);
    }

    private async Task<T> WithProgressAsync<T>(string name, Crowd crowd, Task<T> work)
    {
        using var phase = phases.Begin(name, 1);
        while (await Task.WhenAny(work, Task.Delay(ProgressInterval)) != work)
            phase.Report(0, $"{name}: {crowd.State}");
        return await work;
    }

    private async Task<IReadOnlyList<Findings>> CheckAsync(Crowd crowd, CancellationToken ct)
    {
        using var phase = phases.Begin("comparing with the logs", plan.Rooms);
        var findings = new List<Findings>();
        foreach (var room in crowd.Rooms)
        {
            var (epoch, log) = await LogAsync(room.Checker.Room, ct);
            findings.Add(room.Checker.Check(epoch, log));
            phase.Report(findings.Count);
        }
        return findings;
    }

    private async Task<(string Epoch, List<SeenEvent> Log)> LogAsync(string room, CancellationToken ct)
    {
        var log = new List<SeenEvent>();
        for (long? before = null; ;)
        {
            var page = await deployment.Api.HistoryAsync(room, before, ct);
            if (page.Next >= (before ?? long.MaxValue))
                throw new CliException(
                    $"The history of {room} has no beginning: the page before {before} is followed by one before {page.Next}.");
            log.InsertRange(0, page.Messages.Select(e => new SeenEvent(page.Epoch, e.GetProperty("seq").GetInt64(), TextOf(e))));
            if (page.Next is null || page.Messages.Count == 0)
                return (page.Epoch, log);
            before = page.Next;
        }
    }

    private static string? TextOf(JsonElement e) =>
        e.GetProperty("type").GetString() == "message" && e.TryGetProperty("text", out var text) ? text.GetString() : null;

    private async Task DeleteAsync(Crowd crowd)
    {
        if (deployment.Admin is not { } admin)
            return;
        using var phase = phases.Begin("deleting the rooms", plan.Rooms);
        foreach (var room in crowd.Rooms)
            await admin.DeleteAsync(room.Checker.Room, CancellationToken.None);
    }

    private Verdict Verdict(double seconds, IReadOnlyList<Findings> findings, IReadOnlyList<CrowdMember> removed) => new()
    {
        Rooms = plan.Rooms,
        Members = plan.Members,
        Rate = plan.Rate,
        Seconds = seconds,
        Acknowledged = findings.Sum(f => f.Acknowledged),
        Unacknowledged = findings.Sum(f => f.Unacknowledged),
        Lost = findings.Sum(f => f.LostMessages),
        Duplicated = findings.Sum(f => f.DuplicatedMessages),
        Reordered = findings.Sum(f => f.ReorderedEvents),
        DivergentMembers = findings.Sum(f => f.DivergentMembers),
        WrongPresenceLists = _wrongLists.Count,
        HistoriesChanged = findings.Sum(f => f.Breaks),
        PutOut = removed.Count,
        NotInjected = _notInjected,
        LackedByReplicas = deployment.Replication?.Lacked,
        Seen = findings.Sum(f => f.Seen),
        ResumeMs = OutageTimes.Of(_injected.SelectMany(i => i.Outage.Away)),
        GapMs = OutageTimes.Of(_injected.SelectMany(i => i.Outage.Gaps)),
        KeptGapMs = OutageTimes.Of(_injected.SelectMany(i => i.Outage.KeptGaps)),
        Faults = [.. _injected.GroupBy(i => i.Fault.Name).Select(g => new FaultVerdict(
            g.Key,
            g.Count(),
            g.Count(i => !i.HasSettled),
            g.Sum(i => i.Outage.Reconnects.Count),
            g.Sum(i => i.UnexpectedReconnects.Count),
            g.Max(i => i.Outage.MostReconnects),
            OutageTimes.Of(g.SelectMany(i => i.Outage.Away)),
            OutageTimes.Of(g.SelectMany(i => i.Outage.Gaps)),
            OutageTimes.Of(g.SelectMany(i => i.Outage.KeptGaps))))],
        Findings =
        [
            .. removed.Select(m => $"removed: {m.History.Name}: {m.ClosedReason}")
                .Concat(_injected.SelectMany(i => i.UnexpectedReconnects.Select(r => $"reconnected: {r}, at {i.Name}")))
                .Concat(_wrongLists)
                .Concat(findings.SelectMany(f => f.Details))
                .Take(20),
        ],
    };

    private sealed record InjectedFault(Fault Fault, string Name, Outage Outage, bool HasSettled)
    {
        public IReadOnlyList<Reconnect> UnexpectedReconnects =>
            [.. Outage.Reconnects.GroupBy(reconnect => reconnect.Member).SelectMany(member => member.Skip(Fault.MaxReconnects))];
    }
}
