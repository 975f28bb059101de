using System.Diagnostics;
using ChatServer.Cli.Deployment;
using ChatServer.Cli.Reports;
using ChatServer.Cli.Sockets;

namespace ChatServer.Cli.Bench.Fanout;

/// <summary>
/// A fan-out run: (1) join all members, (2) publish during the warm-up, (3) publish during the measurement, (4) wait for the messages in
/// flight, (5) check the deliveries of each member.
/// </summary>
internal sealed class FanoutRun(FanoutPlan plan, RoomAddress room, IPhases phases) : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly FanoutState _state = new();
    private readonly List<FanoutMember> _members = [];
    private readonly List<Publisher> _publishers = [];

    public async Task<FanoutReport> RunAsync(CancellationToken ct)
    {
        // :: Step 1
        var joinedIn = await JoinAsync(ct);
        CheckLimits();

        // :: Step 2
        _state.Publishing = true;
        using var scheduler = plan.Window > 0 ? null : PublishScheduler.Start(_publishers, plan.Rate);
        foreach (var publisher in _publishers)
            publisher.FillWindow();
        await RunPhaseAsync("warming up", plan.WarmUp, ct);

        // :: Step 3
        var (before, server, self) = (Deliveries, ProcessSample.Of(plan.ServerPid), ProcessSample.OfThisProcess());
        var (said, received) = (Said.Sum(), BytesReceived);
        _state.Measuring = true;
        var watch = Stopwatch.StartNew();
        await RunPhaseAsync("measuring", plan.Duration, ct);
        _state.Measuring = false;
        var seconds = watch.Elapsed.TotalSeconds;
        var deliveries = Deliveries - before;
        var (serverAfter, selfAfter) = (ProcessSample.Of(plan.ServerPid), ProcessSample.OfThisProcess());
        (said, received) = (Said.Sum() - said, BytesReceived - received);

        // :: Step 4
        _state.Publishing = false;
        scheduler?.Stop();
        await DrainAsync(ct);
        _state.ThrowIfRefused();

        // :: Step 5
        var faults = Check();
        return new FanoutReport
        {
            Clients = plan.Clients,
            Publishers = plan.Publishers,
            Window = plan.Window > 0 ? plan.Window : null,
            Rate = plan.Window > 0 ? null : plan.Rate,
            Payload = plan.Payload,
            JoinSeconds = joinedIn.TotalSeconds,
            Seconds = seconds,
            MessagesPerSecond = said / seconds,
            Deliveries = deliveries,
            DeliveriesPerSecond = deliveries / seconds,
            BytesPerSecond = received / seconds,
            LatencyMs = _state.Latencies.Report(),
            LatestMs = scheduler?.LatestMs,
            Checked = Deliveries,
            Faults = faults,
            Closed = [.. _members.Select(member => member.Closed).OfType<string>().CountBy(why => why).Select(
                c => new ClosedReport(c.Key, c.Value))],
            Foreign = _members.Max(member => member.Check.Foreign),
            Server = CpuReport.Between(server, serverAfter, deliveries),
            Generator = CpuReport.Between(self, selfAfter, deliveries)!,
        };
    }

    public void Dispose()
    {
        foreach (var member in _members) member.Dispose();
        _state.Latencies.Dispose();
    }

    private long Deliveries => _members.Sum(member => member.Check.Deliveries);

    private long BytesReceived => _members.Sum(member => member.BytesReceived);

    private long[] Said => [.. _publishers.Select(publisher => publisher.Published)];

    private async Task<TimeSpan> JoinAsync(CancellationToken ct)
    {
        using var phase = phases.Begin($"joining {plan.Clients} members", plan.Clients);
        var connector = new RoomConnector(room);
        for (var i = 0; i < plan.Clients; i++)
        {
            var member = new FanoutMember(_state, new DeliveryCheck(_state.Run, plan.Publishers, plan.Payload));
            _members.Add(member);
            if (i < plan.Publishers)
                _publishers.Add(member.Publisher = new Publisher(_state, member, i, plan.Window, plan.Payload));
        }
        // About 32 MB together, the maximum of one receive each: small enough for the caches, large enough for few receives.
        var bufferBytes = Math.Clamp((32 << 20) / plan.Clients, 4 << 10, 64 << 10);
        var watch = Stopwatch.StartNew();
        await ParallelJoins.AllAsync(plan.Clients, (i, ct) => _members[i].JoinAsync(connector, i, bufferBytes, ct), done =>
            phase.Report(done), ct);
        return watch.Elapsed;
    }

    // Checked before the run: a refusal during the run would look like a fault of the server.
    private void CheckLimits()
    {
        var limit = _members[0].Welcome.Limits?.MessagesPerSecond ?? 0;
        if (limit > 0 && (plan.Window > 0 || plan.Rate / plan.Publishers > limit))
        {
            throw new CliException(
                $"The room allows {limit} messages per second and member. Use --rate {limit * plan.Publishers} or less, more --publishers, "
                + "or set MESSAGES_PER_SECOND=0 on the RoomHost.");
        }
    }

    private async Task RunPhaseAsync(string name, TimeSpan time, CancellationToken ct)
    {
        using var phase = phases.Begin(name, time.TotalSeconds);
        var watch = Stopwatch.StartNew();
        var (last, lastAt) = (Deliveries, TimeSpan.Zero);
        while (watch.Elapsed is var elapsed && elapsed < time)
        {
            await Task.Delay(time - elapsed < PollInterval ? time - elapsed : PollInterval, ct);
            _state.ThrowIfRefused();
            var now = Deliveries;
            phase.Report(watch.Elapsed.TotalSeconds, $"{name}, {(now - last) / (watch.Elapsed - lastAt).TotalSeconds:N0} deliveries/s");
            (last, lastAt) = (now, watch.Elapsed);
        }
    }

    // Waits until all messages have arrived, or no more arrive.
    private async Task DrainAsync(CancellationToken ct)
    {
        using var phase = phases.Begin("waiting for the last deliveries", 1);
        var (last, since) = (-1L, Stopwatch.StartNew());
        while (since.Elapsed < plan.Drain)
        {
            // A message that a publisher was sending when it was stopped counts as sent.
            var expected = Said.Sum() * _members.Count(member => member.Closed is null);
            var now = _members.Where(member => member.Closed is null).Sum(member => member.Check.Deliveries);
            if (now >= expected && !Check().Any)
                return;
            if (now != last)
                (last, since) = (now, Stopwatch.StartNew());
            await Task.Delay(PollInterval, ct);
        }
    }

    // Deliveries to members whose connection ended count until then. The report lists these connections.
    private DeliveryFaults Check()
    {
        var (said, nothing) = (Said, new long[plan.Publishers]);
        return _members.Aggregate(default(DeliveryFaults), (sum, member) =>
            sum + member.Check.FaultsAfter(member.Closed is null ? said : nothing));
    }
}
