using ChatServer.Cli;
using ChatServer.Cli.Drill;
using ChatServer.Cli.Drill.Deployments;
using ChatServer.Cli.Reports;

namespace ChatServer.Tests.Cli.Drill;

/// <summary>A drill detects each defect of a deployment.</summary>
public sealed class DefectTests
{
    [Fact]
    public async Task Lost_connections_alone_pass()
    {
        var verdict = await DrillAsync(Defect.None, times: 3);
        Assert.True(verdict.Well, string.Join('\n', verdict.Findings));
        Assert.True(verdict.Acknowledged > 0);
        // Four members and the witness saw each event.
        Assert.Equal(5 * verdict.Acknowledged, verdict.Seen);
        var fault = Assert.Single(verdict.Faults);
        Assert.Equal((3, 15, 0, 1), (fault.Times, fault.Reconnects, fault.UnexpectedReconnects, fault.MostReconnects));
        Assert.True(verdict.ResumeMs.Max > 0);
        Assert.True(verdict.GapMs.Max > 0);
        Assert.Equal(0, verdict.KeptGapMs.Max);
    }

    [Fact]
    public async Task New_connection_at_a_fault_that_keeps_connections_is_a_defect()
    {
        var verdict = await DrillAsync(Defect.None, [new StrikeFault { KeepsConnections = true }]);
        Assert.False(verdict.Well);
        Assert.Equal(5, Assert.Single(verdict.Faults).UnexpectedReconnects);
        Assert.Equal(5, verdict.Findings.Count);
        Assert.All(
            verdict.Findings,
            f => Assert.Matches("^reconnected: (member-[0-3]|the witness) in drill-[^ ]+: 1001.*, at strike, 1 of 1$", f));
    }

    [Fact]
    public async Task A_join_that_is_not_announced_leaves_wrong_presence_lists()
    {
        var verdict = await DrillAsync(Defect.UnannouncedJoins);
        Assert.False(verdict.Well);
        // All but the last one that came back.
        Assert.Equal((4, 0, 0), (verdict.WrongPresenceLists, verdict.Lost, verdict.DivergentMembers));
        Assert.All(verdict.Findings, f => Assert.Matches("^presence: drill-[^ ]+: .* counts [1-4] members of 5$", f));
    }

    [Fact]
    public async Task A_message_that_was_acknowledged_before_it_was_logged_is_lost()
    {
        var verdict = await DrillAsync(Defect.EchoBeforeAppend);
        Assert.False(verdict.Well);
        // Also the message that got its position, by members that already have an event there.
        Assert.True(verdict.Lost >= 1);
    }

    [Fact]
    public async Task A_message_that_was_logged_twice_is_duplicated()
    {
        var verdict = await DrillAsync(Defect.NoDedupe);
        Assert.False(verdict.Well);
        Assert.True((verdict.Lost, verdict.Duplicated) == (0, 1), string.Join('\n', verdict.Findings));
    }

    [Fact]
    public async Task Resume_that_skips_an_event_loses_it()
    {
        var verdict = await DrillAsync(Defect.ResumeSkips);
        Assert.False(verdict.Well);
        Assert.Equal(1, verdict.Lost);
        // Its sender gets it when it sends it again, perhaps before it detects the gap.
        Assert.InRange(verdict.DivergentMembers, 4, 5);
    }

    [Fact]
    public async Task Resume_that_repeats_an_event_is_detected_by_the_witness()
    {
        var verdict = await DrillAsync(Defect.ResumeRepeats);
        Assert.False(verdict.Well);
        Assert.Equal((0, 1, 0), (verdict.Lost, verdict.Duplicated, verdict.DivergentMembers));
        Assert.Contains("the witness", Assert.Single(verdict.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_after_a_hosts_term_are_lost_and_their_readers_diverge()
    {
        var verdict = await DrillAsync(Defect.NoFence);
        Assert.False(verdict.Well);
        Assert.True(verdict.Lost >= 1);
        Assert.True(verdict.DivergentMembers >= 1);
    }

    [Fact]
    public async Task A_fault_that_cannot_be_injected_keeps_the_verdict_about_the_earlier_ones()
    {
        var verdict = await DrillAsync(Defect.None, [new StrikeFault(), new ImpossibleFault()]);
        Assert.False(verdict.Well);
        Assert.Equal("impossible, 2 of 2: It cannot be injected.", verdict.NotInjected);
        Assert.Equal("strike", Assert.Single(verdict.Faults).Fault);
        Assert.Equal((0, 0), (verdict.Lost, verdict.Unacknowledged));
    }

    [Fact]
    public async Task A_first_fault_that_cannot_be_injected_ends_the_drill() =>
        await Assert.ThrowsAsync<CliException>(() => DrillAsync(Defect.None, [new ImpossibleFault()]));

    private static Task<Verdict> DrillAsync(Defect defect, int times = 1) => DrillAsync(defect, [new StrikeFault()], times);

    private static async Task<Verdict> DrillAsync(Defect defect, IReadOnlyList<ChatServer.Cli.Drill.Fault> faults, int times = 1)
    {
        await using var deployment = await FaultyDeployment.StartAsync(defect);
        var plan = new DrillPlan
        {
            Faults = faults,
            Times = times,
            Rooms = 1,
            Members = 4,
            Rate = 50,
            Pause = TimeSpan.FromSeconds(0.2),
            // A lost message never arrives, so a short time limit suffices for it. Otherwise a busy machine gets a long one.
            SettleTimeout = TimeSpan.FromSeconds(defect is Defect.None or Defect.ResumeRepeats ? 30 : 3),
        };
        return await new DrillRun(plan, deployment, new NoPhases()).RunAsync(TestContext.Current.CancellationToken);
    }

    private sealed record ImpossibleFault() : ChatServer.Cli.Drill.Fault("impossible")
    {
        public override string? MissingRequirement(IDeployment deployment) => null;

        public override Task InjectAsync(
            IDeployment deployment, IReadOnlyCollection<string> rooms, int number, CancellationToken ct) =>
            Task.FromException(new CliException("It cannot be injected."));
    }

    private sealed class NoPhases : IPhases, IPhase
    {
        public IPhase Begin(string name, double end) => this;

        public void Report(double value, string? name = null)
        {
        }

        public void Dispose()
        {
        }
    }
}
