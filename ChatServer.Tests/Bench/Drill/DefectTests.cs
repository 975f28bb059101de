using ChatServer.Bench.Drill;
using ChatServer.Bench.Reports;

namespace ChatServer.Tests.Bench.Drill;

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
        Assert.Equal((3, 12, 1), (fault.Times, fault.Reconnects, fault.MostReconnects));
        Assert.True(verdict.ResumeMs.Max > 0);
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
    public async Task A_resume_that_leaves_an_event_out_loses_it_for_the_others()
    {
        var verdict = await DrillAsync(Defect.ResumeSkips);
        Assert.False(verdict.Well);
        Assert.Equal(1, verdict.Lost);
        // Its sender gets it when it sends it again, perhaps before it detects the gap.
        Assert.InRange(verdict.DivergentMembers, 4, 5);
    }

    [Fact]
    public async Task A_resume_that_repeats_an_event_is_seen_by_the_witness()
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

    private static async Task<Verdict> DrillAsync(Defect defect, int times = 1)
    {
        await using var deployment = await FaultyDeployment.StartAsync(defect);
        var plan = new DrillPlan
        {
            Faults = [new StrikeFault()],
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
