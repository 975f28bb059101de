using ChatServer.Cli.Drill;

namespace ChatServer.Tests.Cli.Drill;

public sealed class OutagesTests
{
    private readonly Outages _outages = new();
    private readonly MemberHistory _ada = new("ada");
    private readonly MemberHistory _bob = new("bob");

    [Fact]
    public void Gap_of_a_member_is_its_maximum_latency()
    {
        AddDelays(_ada, 3, 7, 5);
        Assert.Equal([TimeSpan.FromSeconds(7)], _outages.Take().Gaps);
        Assert.Empty(_outages.Take().Gaps);
    }

    [Fact]
    public void Members_with_a_new_connection_are_not_among_those_that_kept_theirs()
    {
        AddDelays(_ada, 3);
        AddDelays(_bob, 9);
        _outages.AddReconnect(new Reconnect(_bob, "lobby", TimeSpan.FromSeconds(2), "1006"));
        _outages.AddReconnect(new Reconnect(_bob, "lobby", TimeSpan.FromSeconds(1), "1006"));
        var outage = _outages.Take();
        Assert.Equal([TimeSpan.FromSeconds(3)], outage.KeptGaps);
        Assert.Equal((2, 2), (outage.Reconnects.Count, outage.MostReconnects));
        Assert.Equal([TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)], outage.Away);
    }

    [Fact]
    public void Reconnect_of_a_witness_has_no_resume_time()
    {
        _outages.AddReconnect(new Reconnect(_ada, "lobby", null, "1006"));
        var outage = _outages.Take();
        Assert.Single(outage.Reconnects);
        Assert.Empty(outage.Away);
    }

    private void AddDelays(MemberHistory member, params int[] seconds)
    {
        foreach (var delay in seconds)
            _outages.AddDelay(member, TimeSpan.FromSeconds(delay));
    }
}
