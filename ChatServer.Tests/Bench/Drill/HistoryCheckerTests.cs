using ChatServer.Bench.Drill;

namespace ChatServer.Tests.Bench.Drill;

public sealed class HistoryCheckerTests
{
    private const string Epoch = "e1";

    private readonly HistoryChecker _checker = new("lobby");
    private readonly MemberHistory _ada;
    private readonly MemberHistory _bob;
    private readonly List<Seen> _log = [];

    public HistoryCheckerTests() => (_ada, _bob) = (_checker.Join("ada"), _checker.Join("bob"));

    private Findings Found => _checker.Check(Epoch, _log);

    [Fact]
    public void What_everybody_saw_as_the_log_has_it_is_well()
    {
        Logged(1, 2, 3);
        See(_ada, 1, 2, 3);
        See(_bob, 1, 2, 3);
        Assert.Equal(new Counts(Acknowledged: 3), Of(Found));
        Assert.Equal(6, Found.Seen);
    }

    [Fact]
    public void A_message_that_is_in_the_log_though_nobody_was_told_is_no_defect_of_the_log()
    {
        Logged(1);
        _checker.Say("2", 0);
        _log.Add(new Seen(Epoch, 2, "2"));
        See(_ada, 1, 2);
        See(_bob, 1, 2);
        Assert.Equal(new Counts(Acknowledged: 1, Unacknowledged: 1), Of(Found));
    }

    [Fact]
    public void An_acknowledged_message_that_is_not_in_the_log_is_lost_and_who_saw_it_diverges()
    {
        Logged(1, 2);
        _log.RemoveAt(1);
        See(_ada, 1, 2);
        See(_bob, 1, 2);
        Assert.Equal(new Counts(Acknowledged: 2, Lost: 1, Divergent: 2), Of(Found));
    }

    [Fact]
    public void An_acknowledged_message_whose_place_another_one_has_is_lost()
    {
        Logged(1, 2);
        _log[1] = new Seen(Epoch, 2, "another");
        See(_ada, 1, 2);
        See(_bob, 1);
        _bob.Saw(Epoch, 2, "another");
        Assert.Equal(new Counts(Acknowledged: 2, Lost: 1, Divergent: 1), Of(Found));
    }

    [Fact]
    public void An_acknowledged_message_that_one_member_did_not_see_is_lost()
    {
        Logged(1, 2, 3);
        See(_ada, 1, 2, 3);
        See(_bob, 1, 3);
        Assert.Equal(new Counts(Acknowledged: 3, Lost: 1, Divergent: 1), Of(Found));
    }

    [Fact]
    public void The_end_that_a_member_never_saw_is_lost()
    {
        Logged(1, 2, 3);
        See(_ada, 1, 2, 3);
        See(_bob, 1);
        Assert.Equal(new Counts(Acknowledged: 3, Lost: 2), Of(Found));
    }

    [Fact]
    public void Who_was_put_out_need_not_see_the_rest_but_must_have_seen_the_log_until_then()
    {
        Logged(1, 2, 3, 4);
        See(_ada, 1, 2, 3, 4);
        See(_bob, 1, 3);
        _bob.IsOver = true;
        Assert.Equal(new Counts(Acknowledged: 4, Divergent: 1), Of(Found));
    }

    [Fact]
    public void A_log_with_another_epoch_has_lost_everything_and_says_so()
    {
        Logged(1, 2);
        See(_ada, 1, 2);
        See(_bob, 1, 2);
        _ada.WasToldOfABreak();
        _ada.Saw("e2", 1, "new");
        var found = _checker.Check("e2", [new Seen("e2", 1, "new")]);
        Assert.Equal(new Counts(Acknowledged: 2, Lost: 2, Breaks: 1), Of(found));
    }

    [Fact]
    public void A_message_that_is_in_the_log_twice_is_duplicated_however_many_saw_it()
    {
        Logged(1, 2);
        _log.Add(new Seen(Epoch, 3, "1"));
        foreach (var member in new[] { _ada, _bob })
        {
            See(member, 1, 2);
            member.Saw(Epoch, 3, "1");
        }
        Assert.Equal(new Counts(Acknowledged: 2, Duplicated: 1), Of(Found));
    }

    [Fact]
    public void An_event_that_a_member_was_told_again_is_duplicated()
    {
        Logged(1, 2, 3);
        See(_ada, 1, 2, 2, 3);
        See(_bob, 1, 2, 3);
        Assert.Equal(new Counts(Acknowledged: 3, Duplicated: 1), Of(Found));
    }

    [Fact]
    public void After_it_was_told_of_a_break_a_member_may_see_again_what_it_had()
    {
        Logged(1, 2);
        See(_ada, 1, 2);
        _ada.WasToldOfABreak();
        See(_ada, 1, 2);
        See(_bob, 1, 2);
        Assert.Equal(new Counts(Acknowledged: 2, Breaks: 1), Of(Found));
    }

    [Fact]
    public void An_event_that_came_after_a_later_one_is_reordered()
    {
        Logged(1, 2, 3);
        See(_ada, 1, 3, 2);
        See(_bob, 1, 2, 3);
        Assert.Equal(new Counts(Acknowledged: 3, Reordered: 1, Divergent: 1), Of(Found));
    }

    [Fact]
    public void An_event_of_an_epoch_that_was_over_is_reordered()
    {
        Logged(1, 2);
        See(_bob, 1, 2);
        See(_ada, 1);
        _ada.Saw("e0", 1, null);
        See(_ada, 2);
        Assert.Equal(new Counts(Acknowledged: 2, Reordered: 1), Of(Found));
    }

    [Fact]
    public void A_message_before_one_that_was_acknowledged_when_it_was_said_is_reordered()
    {
        _checker.Acknowledge(_checker.Say("2", 0), new Place(Epoch, 2));
        _checker.Acknowledge(_checker.Say("1", 0), new Place(Epoch, 1));
        _log.AddRange([new Seen(Epoch, 1, "1"), new Seen(Epoch, 2, "2")]);
        See(_ada, 1, 2);
        See(_bob, 1, 2);
        Assert.Equal(new Counts(Acknowledged: 2, Reordered: 1), Of(Found));
    }

    [Fact]
    public void Messages_that_were_said_at_once_may_be_logged_either_way()
    {
        var (first, second) = (_checker.Say("1", 0), _checker.Say("2", 0));
        _checker.Acknowledge(second, new Place(Epoch, 1));
        _checker.Acknowledge(first, new Place(Epoch, 2));
        _log.AddRange([new Seen(Epoch, 1, "2"), new Seen(Epoch, 2, "1")]);
        foreach (var member in new[] { _ada, _bob })
        {
            member.Saw(Epoch, 1, "2");
            member.Saw(Epoch, 2, "1");
        }
        Assert.Equal(new Counts(Acknowledged: 2), Of(Found));
    }

    [Fact]
    public void A_member_that_saw_something_else_than_the_log_has_diverges()
    {
        Logged(1, 2);
        _log.Add(new Seen(Epoch, 3, null));
        See(_ada, 1, 2);
        _ada.Saw(Epoch, 3, "never logged");
        See(_bob, 1, 2);
        _bob.Saw(Epoch, 3, null);
        Assert.Equal(new Counts(Acknowledged: 2, Divergent: 1), Of(Found));
    }

    [Fact]
    public void What_the_log_no_longer_keeps_is_what_members_saw()
    {
        Logged(1, 2, 3);
        _log.RemoveRange(0, 2);
        See(_ada, 1, 2, 3);
        See(_bob, 1);
        _bob.Saw(Epoch, 2, "something else");
        See(_bob, 3);
        Assert.Equal(new Counts(Acknowledged: 3, Lost: 1, Divergent: 1), Of(Found));
    }

    [Fact]
    public void What_is_pending_is_known_by_when_it_was_said()
    {
        var said = _checker.Say("1", 10);
        Assert.True(_checker.IsAcknowledged(9));
        Assert.False(_checker.IsAcknowledged(10));
        _checker.Acknowledge(said, new Place(Epoch, 1));
        Assert.True(_checker.IsAcknowledged(10));
        Assert.Equal(new Place(Epoch, 1), _checker.Newest);
    }

    [Fact]
    public void Defects_are_told_in_words_with_room_and_place()
    {
        Logged(1, 2);
        See(_ada, 1, 2);
        See(_bob, 1);
        Assert.Equal("lobby: lost: 2 was acknowledged at e1.2, where bob did not see it", Assert.Single(Found.Told));
    }

    // Said, acknowledged and in the log: the text is the place.
    private void Logged(params int[] places)
    {
        foreach (var seq in places)
        {
            _checker.Acknowledge(_checker.Say($"{seq}", 0), new Place(Epoch, seq));
            _log.Add(new Seen(Epoch, seq, $"{seq}"));
        }
    }

    private static void See(MemberHistory member, params int[] places)
    {
        foreach (var seq in places)
            member.Saw(Epoch, seq, $"{seq}");
    }

    private static Counts Of(Findings found) => new(
        found.Acknowledged, found.Unacknowledged, found.LostMessages, found.DuplicatedMessages, found.ReorderedEvents, found.DivergentMembers, found.Breaks);

    private sealed record Counts(
        int Acknowledged = 0, int Unacknowledged = 0, int Lost = 0, int Duplicated = 0, int Reordered = 0, int Divergent = 0, int Breaks = 0);
}
