using System.Text;
using ChatServer.RoomHost.Rooms;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>Numbering, where the ring is the log. What Redis answers, and when, is in <see cref="RoomOutageTests"/>.</summary>
public sealed class SequencerTests
{
    private readonly RoomInbox _inbox = new();
    private readonly DedupeWindow _said = new(1000);
    private readonly List<string> _committed = [];
    private readonly List<(string Id, long Seq)> _repeated = [];
    private readonly List<(long Seq, string? Error)> _told = [];
    private readonly Sequencer _sequencer;

    public SequencerTests() => _sequencer = new Sequencer(
        _inbox, null, new FakeTimeProvider(new DateTimeOffset(2026, 1, 31, 23, 59, 59, 7, TimeSpan.FromHours(0))), seq: 41, announced: 5, _said,
        (batch, index) => _committed.Add(Encoding.UTF8.GetString(batch.Json(batch.EncodedEvents[index]))),
        (batch, item, seq) => _repeated.Add((Encoding.UTF8.GetString(batch.Id(item)), seq)),
        _ => Assert.Fail("There is no log to append to."), CancellationToken.None);

    [Fact]
    public void Events_go_on_from_the_newest_of_the_log_in_the_order_in_which_they_were_said()
    {
        Say("a", "one");
        Assert.True(_inbox.TryStage(new BatchItem { Kind = BatchItemKind.Announcement, Announcement = 6 }, default, "two"u8));
        Say("b", "three");
        _sequencer.SequenceNextBatch();

        Assert.Equal(
            [
                """{"type":"message","seq":42,"time":"2026-01-31T23:59:59.007Z","user":"ann","id":"a","text":"one"}""",
                """{"type":"announcement","seq":43,"time":"2026-01-31T23:59:59.007Z","text":"two"}""",
                """{"type":"message","seq":44,"time":"2026-01-31T23:59:59.007Z","user":"ann","id":"b","text":"three"}""",
            ], _committed);
        Assert.Equal((44, 2, false), (_sequencer.Seq, _sequencer.Messages, _sequencer.IsAppending));
        Assert.Equal([(42, null), (44, null)], _told);
    }

    [Fact]
    public void Empty_inbox_sequences_nothing()
    {
        _sequencer.SequenceNextBatch();
        Assert.Empty(_committed);
        Assert.Equal(41, _sequencer.Seq);
    }

    [Fact]
    public void Duplicate_message_gets_no_sequence()
    {
        _said.TryAdd(MessageKey.Of("session"u8, "old"u8), 17, out _); // by another host
        Say("new", "one");
        Say("new", "in the same batch");
        Say("old", "again");
        _sequencer.SequenceNextBatch();
        Assert.Equal(42, _sequencer.Seq);
        Assert.Equal([("old", 17)], _repeated);
        Assert.Equal([(42, null), (42, null)], _told); // the repetition is told when the first one is in the log

        Say("new", "and later");
        _sequencer.SequenceNextBatch();
        Assert.Equal([("old", 17), ("new", 42)], _repeated);
        Assert.Single(_committed);
    }

    [Fact]
    public void Announcement_is_accepted_once()
    {
        Assert.Equal([false, false, true, false, true], new long[] { 4, 5, 6, 6, 9 }.Select(_sequencer.TryAcceptAnnouncement));
        Assert.Equal(9, _sequencer.Announced);
    }

    [Fact]
    public void Abandon_fails_waiting_messages()
    {
        Say("a", "one");
        Say("b", "two");
        _sequencer.Abandon();
        Assert.Equal([(0, "unavailable"), (0, "unavailable")], _told);
        Assert.Empty(_committed);
        Assert.False(_inbox.HasWork(batches: true));
    }

    private void Say(string id, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(id);
        var item = new BatchItem
        {
            User = "ann"u8.ToArray(),
            Key = MessageKey.Of("session"u8, bytes),
            OnLogged = (seq, error) => _told.Add((seq, error)),
        };
        Assert.True(_inbox.TryStage(item, bytes, Encoding.UTF8.GetBytes(text)));
    }
}
