using ChatServer.Cli.Drill;

namespace ChatServer.Tests.Cli.Drill;

public sealed class HistoryCheckerTests
{
    private const string Epoch = "e1";

    private readonly HistoryChecker _checker = new("lobby");
    private readonly MemberHistory _ada;
    private readonly MemberHistory _bob;
    private readonly List<SeenEvent> _log = [];

    public HistoryCheckerTests() => (_ada, _bob) = (_checker.Join("ada"), _checker.Join("bob"));

    private Findings Found => _checker.Check(Epoch, _log);

    [Fact]
    public void Histories_equal_to_the_log_pass()
    {
        Logged(1, 2, 3);
        See(_ada, 1, 2, 3);
        See(_bob, 1, 2, 3);
        Assert.Equal(new Counts(Acknowledged: 3), Of(Found));
        Assert.Equal(6, Found.Seen);
    }

    [Fact]
    public void Unacknowledged_message_in_the_log_is_no_defect()
    {
        Logged(1);
        _checker.AddSent("2", 0);
        _log.Add(new SeenEvent(Epoch, 2, "2"));
        See(_ada, 1, 2);
        See(_bob, 1, 2);
        Assert.Equal(new Counts(Acknowledged: 1, Unacknowledged: 1), Of(Found));
    }

    [Fact]
    public void Acknowledged_message_missing_from_the_log_is_lost_and_its_readers_diverge()
    {
        Logged(1, 2);
        _log.RemoveAt(1);
        See(_ada, 1, 2);
        See(_bob, 1, 2);
        Assert.Equal(new Counts(Acknowledged: 2, Lost: 1, Divergent: 2), Of(Found));
    }

    [Fact]
    public void Acknowledged_message_replaced_by_another_is_lost()
    {
        Logged(1, 2);
        _log[1] = new SeenEvent(Epoch, 2, "another");
        See(_ada, 1, 2);
        See(_bob, 1);
        _bob.AddSeen(Epoch, 2, "another");
        Assert.Equal(new Counts(Acknowledged: 2, Lost: 1, Divergent: 1), Of(Found));
    }

    [Fact]
    public void Acknowledged_message_not_received_by_one_member_is_lost()
    {
        Logged(1, 2, 3);
        See(_ada, 1, 2, 3);
        See(_bob, 1, 3);
        Assert.Equal(new Counts(Acknowledged: 3, Lost: 1, Divergent: 1), Of(Found));
    }

    [Fact]
    public void Log_end_not_seen_by_a_member_is_lost()
    {
        Logged(1, 2, 3);
        See(_ada, 1, 2, 3);
        See(_bob, 1);
        Assert.Equal(new Counts(Acknowledged: 3, Lost: 2), Of(Found));
    }

    [Fact]
    public void Closed_member_must_have_seen_the_log_up_to_its_close()
    {
        Logged(1, 2, 3, 4);
        See(_ada, 1, 2, 3, 4);
        See(_bob, 1, 3);
        _bob.IsOver = true;
        Assert.Equal(new Counts(Acknowledged: 4, Divergent: 1), Of(Found));
    }

    [Fact]
    public void Log_with_another_epoch_counts_all_messages_as_lost()
    {
        Logged(1, 2);
        See(_ada, 1, 2);
        See(_bob, 1, 2);
        _ada.AddAnnouncedBreak();
        _ada.AddSeen("e2", 1, "new");
        var found = _checker.Check("e2", [new SeenEvent("e2", 1, "new")]);
        Assert.Equal(new Counts(Acknowledged: 2, Lost: 2, Breaks: 1), Of(found));
    }

    [Fact]
    public void Message_logged_twice_is_one_duplicate_for_any_number_of_readers()
    {
        Logged(1, 2);
        _log.Add(new SeenEvent(Epoch, 3, "1"));
        foreach (var member in new[] { _ada, _bob })
        {
            See(member, 1, 2);
            member.AddSeen(Epoch, 3, "1");
        }
        Assert.Equal(new Counts(Acknowledged: 2, Duplicated: 1), Of(Found));
    }

    [Fact]
    public void Event_sent_twice_to_a_member_is_duplicated()
    {
        Logged(1, 2, 3);
        See(_ada, 1, 2, 2, 3);
        See(_bob, 1, 2, 3);
        Assert.Equal(new Counts(Acknowledged: 3, Duplicated: 1), Of(Found));
    }

    [Fact]
    public void Announced_break_allows_repeated_events()
    {
        Logged(1, 2);
        See(_ada, 1, 2);
        _ada.AddAnnouncedBreak();
        See(_ada, 1, 2);
        See(_bob, 1, 2);
        Assert.Equal(new Counts(Acknowledged: 2, Breaks: 1), Of(Found));
    }

    [Fact]
    public void Event_received_after_a_later_one_is_reordered()
    {
        Logged(1, 2, 3);
        See(_ada, 1, 3, 2);
        See(_bob, 1, 2, 3);
        Assert.Equal(new Counts(Acknowledged: 3, Reordered: 1, Divergent: 1), Of(Found));
    }

    [Fact]
    public void Event_of_an_earlier_epoch_is_reordered()
    {
        Logged(1, 2);
        See(_bob, 1, 2);
        See(_ada, 1);
        _ada.AddSeen("e0", 1, null);
        See(_ada, 2);
        Assert.Equal(new Counts(Acknowledged: 2, Reordered: 1), Of(Found));
    }

    [Fact]
    public void Message_logged_before_an_earlier_acknowledged_one_is_reordered()
    {
        _checker.Acknowledge(_checker.AddSent("2", 0), new LogEventId(Epoch, 2));
        _checker.Acknowledge(_checker.AddSent("1", 0), new LogEventId(Epoch, 1));
        _log.AddRange([new SeenEvent(Epoch, 1, "1"), new SeenEvent(Epoch, 2, "2")]);
        See(_ada, 1, 2);
        See(_bob, 1, 2);
        Assert.Equal(new Counts(Acknowledged: 2, Reordered: 1), Of(Found));
    }

    [Fact]
    public void Concurrent_messages_may_be_logged_in_any_order()
    {
        var (first, second) = (_checker.AddSent("1", 0), _checker.AddSent("2", 0));
        _checker.Acknowledge(second, new LogEventId(Epoch, 1));
        _checker.Acknowledge(first, new LogEventId(Epoch, 2));
        _log.AddRange([new SeenEvent(Epoch, 1, "2"), new SeenEvent(Epoch, 2, "1")]);
        foreach (var member in new[] { _ada, _bob })
        {
            member.AddSeen(Epoch, 1, "2");
            member.AddSeen(Epoch, 2, "1");
        }
        Assert.Equal(new Counts(Acknowledged: 2), Of(Found));
    }

    [Fact]
    public void Member_that_saw_other_events_than_the_log_diverges()
    {
        Logged(1, 2);
        _log.Add(new SeenEvent(Epoch, 3, null));
        See(_ada, 1, 2);
        _ada.AddSeen(Epoch, 3, "never logged");
        See(_bob, 1, 2);
        _bob.AddSeen(Epoch, 3, null);
        Assert.Equal(new Counts(Acknowledged: 2, Divergent: 1), Of(Found));
    }

    [Fact]
    public void Trimmed_log_is_completed_from_member_histories()
    {
        Logged(1, 2, 3);
        _log.RemoveRange(0, 2);
        See(_ada, 1, 2, 3);
        See(_bob, 1);
        _bob.AddSeen(Epoch, 2, "something else");
        See(_bob, 3);
        Assert.Equal(new Counts(Acknowledged: 3, Lost: 1, Divergent: 1), Of(Found));
    }

    [Fact]
    public void Pending_messages_are_tracked_by_send_time()
    {
        var said = _checker.AddSent("1", 10);
        Assert.True(_checker.IsAcknowledged(9));
        Assert.False(_checker.IsAcknowledged(10));
        _checker.Acknowledge(said, new LogEventId(Epoch, 1));
        Assert.True(_checker.IsAcknowledged(10));
        Assert.Equal(new LogEventId(Epoch, 1), _checker.Newest);
    }

    [Fact]
    public void Findings_name_room_and_sequence()
    {
        Logged(1, 2);
        See(_ada, 1, 2);
        See(_bob, 1);
        Assert.Equal("lobby: lost: 2 was acknowledged at e1.2, where bob did not see it", Assert.Single(Found.Details));
    }

    // A sent, acknowledged and logged message, whose text is its sequence.
    private void Logged(params int[] places)
    {
        foreach (var seq in places)
        {
            _checker.Acknowledge(_checker.AddSent($"{seq}", 0), new LogEventId(Epoch, seq));
            _log.Add(new SeenEvent(Epoch, seq, $"{seq}"));
        }
    }

    private static void See(MemberHistory member, params int[] places)
    {
        foreach (var seq in places)
            member.AddSeen(Epoch, seq, $"{seq}");
    }

    private static Counts Of(Findings found) => new(
        found.Acknowledged, found.Unacknowledged, found.LostMessages, found.DuplicatedMessages, found.ReorderedEvents,
            found.DivergentMembers, found.Breaks);

    private sealed record Counts(
        int Acknowledged = 0, int Unacknowledged = 0, int Lost =
            0, int Duplicated = 0, int Reordered = 0, int Divergent = 0, int Breaks = 0);
}
