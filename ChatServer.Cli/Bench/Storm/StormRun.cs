using System.Diagnostics;
using System.Globalization;
using ChatServer.Cli.Drill.Deployments;
using ChatServer.Cli.Reports;
using ChatServer.Cli.Sockets;
using ChatServer.Contracts;

namespace ChatServer.Cli.Bench.Storm;

/// <summary>Where the members of a storm join.</summary>
internal enum StormPlace
{
    /// <summary>At a load balancer, after the other one, where they were, was killed.</summary>
    Balancer,

    /// <summary>At the room's own port, all at once.</summary>
    Port,
}

/// <summary>Parameters of a storm.</summary>
/// <param name="Members">Number of members, in one room.</param>
/// <param name="At">Where they join.</param>
/// <param name="Rounds">Number of storms.</param>
/// <param name="Timeout">Time limit for all members to be in the room.</param>
internal sealed record StormPlan(int Members, StormPlace At, int Rounds, TimeSpan Timeout);

/// <summary>Many members of one room join or return at once.</summary>
internal sealed class StormRun(StormPlan plan, IDeployment deployment, IPhases phases)
{
    private const string Text = "a message";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    // Between two storms: the seats of members that left are free, and the processes have compiled what they need.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(6);

    private readonly string _room = $"storm-{Guid.NewGuid():N}";

    /// <exception cref="CliException">The deployment does not support the storm, or the members did not join in time.</exception>
    public async Task<StormReport> RunAsync(CancellationToken ct)
    {
        var balancers = deployment.Processes(ServerRole.LoadBalancer);
        if (plan.At == StormPlace.Balancer && (balancers.Count < 2 || deployment.Balancers.Count < 2))
            throw new CliException("A storm at a load balancer needs two of them: --balancers, and --pid loadbalancer-1=…");
        await deployment.Api.CreateAsync(_room, new RoomOptions { History = RoomOptions.MaxHistory, IdleTimeoutSeconds = 600 }, ct);
        try
        {
            var rounds = plan.At == StormPlace.Balancer ? await AtBalancersAsync(balancers, ct) : await AtPortAsync(ct);
            return new StormReport { Members = plan.Members, At = plan.At, Rounds = rounds };
        }
        finally
        {
            if (deployment.Admin is { } admin)
                await admin.DeleteAsync(_room, CancellationToken.None);
        }
    }

    private async Task<IReadOnlyList<StormRound>> AtBalancersAsync(IReadOnlyList<IServerProcess> processes, CancellationToken ct)
    {
        RoomConnector[] connectors =
        [
            new(await RoomAddress.ResolveAsync(RoomUrls.Through(deployment.Balancers[0], _room), ct)),
            new(await RoomAddress.ResolveAsync(RoomUrls.Through(deployment.Balancers[1], _room), ct)),
        ];
        var members = NewMembers();
        try
        {
            await WarmUpAsync(connectors[1], ct);
            await JoinAllAsync("joining", members, connectors[0], isSpread: false, ct);
            var rounds = new List<StormRound>();
            for (var round = 0; round < plan.Rounds; round++)
            {
                await Task.Delay(Pause, ct);
                var load = LoadAverage();
                await processes[round % 2].KillAsync(ct);
                await PostAsync(ct); // while all members are away
                var joins = await ReturnAllAsync($"storm {round + 1}", members, connectors[(round + 1) % 2], ct);
                rounds.Add(Round(members, joins, members.Min(member => member.ClosedAt), load));
                await processes[round % 2].StartAgainAsync(ct);
            }
            return rounds;
        }
        finally
        {
            DisposeAll(members);
        }
    }

    private async Task<IReadOnlyList<StormRound>> AtPortAsync(CancellationToken ct)
    {
        await WarmUpAsync(await FindPortAsync(ct), ct);
        var rounds = new List<StormRound>();
        for (var round = 0; round < plan.Rounds; round++)
        {
            await Task.Delay(Pause, ct);
            var connector = await FindPortAsync(ct); // the room may have moved: a busy host may lose its lease
            var members = NewMembers();
            try
            {
                var load = LoadAverage();
                var start = Stopwatch.GetTimestamp();
                var joins = await JoinAllAsync($"storm {round + 1}", members, connector, isSpread: false, ct);
                await SettleAsync(members, await PostAsync(ct), ct);
                rounds.Add(Round(members, joins, start, load));
            }
            finally
            {
                DisposeAll(members);
            }
        }
        return rounds;
    }

    private async Task<RoomConnector> FindPortAsync(CancellationToken ct)
    {
        var room = await deployment.Api.DescribeAsync(_room, ct);
        return new RoomConnector(await RoomAddress.ResolveAsync(RoomUrls.Direct(room.Host, room.Port), ct));
    }

    // The first joins compile code of the servers and of this program.
    private async Task WarmUpAsync(RoomConnector connector, CancellationToken ct)
    {
        var members = NewMembers();
        try
        {
            await JoinAllAsync("warm-up", members, connector, isSpread: false, ct);
        }
        finally
        {
            DisposeAll(members);
        }
    }

    private async Task<StormJoin[]> ReturnAllAsync(
        string name, List<StormMember> members, RoomConnector connector, CancellationToken ct)
    {
        var joins = await AllAsync(name, members, async (member, ct) =>
        {
            await member.Closed.WaitAsync(ct);
            return await member.JoinAsync(connector, isSpread: true, ct);
        }, ct);
        await SettleAsync(members, await PostAsync(ct), ct);
        return joins;
    }

    private Task<StormJoin[]> JoinAllAsync(
        string name, List<StormMember> members, RoomConnector connector, bool isSpread, CancellationToken ct) =>
        AllAsync(name, members, (member, ct) => member.JoinAsync(connector, isSpread, ct), ct);

    private async Task<StormJoin[]> AllAsync(
        string name, List<StormMember> members, Func<StormMember, CancellationToken, Task<StormJoin>> join, CancellationToken ct)
    {
        using var phase = phases.Begin(name, plan.Members);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(plan.Timeout);
        try
        {
            return await Task.WhenAll(members.Select(member => join(member, deadline.Token)));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CliException($"{name}: not all members were in the room after {plan.Timeout.TotalSeconds} s.");
        }
    }

    // Waits until all members have the event: only then are the events between complete.
    private async Task SettleAsync(List<StormMember> members, long seq, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(plan.Timeout);
        while (members.Exists(member => member.Seq < seq))
        {
            if (deadline.IsCancellationRequested)
            {
                ct.ThrowIfCancellationRequested();
                throw new CliException($"Not all members received event {seq} within {plan.Timeout.TotalSeconds} s.");
            }
            await Task.Delay(PollInterval, ct);
        }
    }

    private async Task<long> PostAsync(CancellationToken ct) =>
        (await deployment.Api.PostAsync(_room, new SayRequest("storm", Text), ct)).Seq;

    private List<StormMember> NewMembers() => [.. Enumerable.Range(0, plan.Members).Select(number => new StormMember(number))];

    private static void DisposeAll(List<StormMember> members)
    {
        foreach (var member in members)
            member.Dispose();
    }

    private static StormRound Round(List<StormMember> members, StormJoin[] joins, long start, double? load)
    {
        var waits = joins.Select(join => Stopwatch.GetElapsedTime(start, join.WelcomedAt).TotalMilliseconds).Order().ToList();
        return new StormRound(
            At(50), At(99), waits[^1],
            joins.SelectMany(join => join.Refusals).CountBy(status => status).ToDictionary(),
            joins.Sum(join => join.Failures), joins.Count(join => !join.IsResumed), members.Sum(member => member.Gaps), load);

        double At(int percentile) => waits[Math.Clamp((int)Math.Ceiling(waits.Count * percentile / 100.0) - 1, 0, waits.Count - 1)];
    }

    private static double? LoadAverage() => File.Exists("/proc/loadavg")
        ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
        : null;
}
