using System.Text;
using ChatServer.RoomHost.Moderation;
using ChatServer.RoomHost.Rooms;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.RoomHost.Rooms;

public sealed class SequencerTests
{
    private readonly RoomInbox _inbox = new();
    private readonly DedupeWindow _dedupe = new(1000);
    private readonly Sequencer _sequencer;

    public SequencerTests() => _sequencer = new Sequencer(
        _inbox, _dedupe, new SendRestrictions(new RoomSanctions(), new SlowMode(TimeProvider.System), RoomsHost.Defaults, TimeProvider.System),
        new LogClock(new FakeTimeProvider(new DateTimeOffset(2026, 1, 31, 23, 59, 59, 7, TimeSpan.Zero)), default), seq: 41, announced: 5);

    [Fact]
    public void Events_continue_after_the_newest_sequence_in_the_order_of_the_items()
    {
        Stage("a", "one");
        Assert.True(_inbox.TryStage(new BatchItem { Kind = BatchItemKind.Announcement, Announcement = 6 }, default, "two"u8));
        Stage("b", "three");
        var batch = _sequencer.TakeNextBatch()!;

        Assert.Equal(
            [
                """{"type":"message","seq":42,"time":"2026-01-31T23:59:59.007Z","user":"ann","uid":"~ann","id":"a","text":"one"}""",
                """{"type":"announcement","seq":43,"time":"2026-01-31T23:59:59.007Z","text":"two"}""",
                """{"type":"message","seq":44,"time":"2026-01-31T23:59:59.007Z","user":"ann","uid":"~ann","id":"b","text":"three"}""",
            ], Events(batch));
        Assert.Equal((42, 3, 2), (batch.FirstSeq, batch.Count, batch.MessageCount));
        Assert.Equal(6, _sequencer.AnnouncedInLog);
    }

    [Fact]
    public void Empty_inbox_gives_no_batch() => Assert.Null(_sequencer.TakeNextBatch());

    [Fact]
    public void Duplicate_message_gets_no_sequence()
    {
        _dedupe.TryAdd(MessageKey.Of("session"u8, "old"u8), 17, out _); // logged by another host
        Stage("new", "one");
        Stage("new", "in the same batch");
        Stage("old", "again");
        var batch = _sequencer.TakeNextBatch()!;
        Assert.Single(Events(batch));
        Assert.Equal([(1, 42), (2, 17)], batch.Duplicates);

        Stage("new", "and later");
        var later = _sequencer.TakeNextBatch()!;
        Assert.Equal(0, later.Count);
        Assert.Equal([(0, 42)], later.Duplicates);
    }

    [Fact]
    public void Announcement_is_accepted_once()
    {
        Assert.Equal([false, false, true, false, true], new long[] { 4, 5, 6, 6, 9 }.Select(_sequencer.TryAcceptAnnouncement));
        Assert.Equal(9, _sequencer.Announced);
    }

    private void Stage(string id, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(id);
        var item = new BatchItem { SenderJson = EventJson.Sender("ann", "~ann"), Key = MessageKey.Of("session"u8, bytes) };
        Assert.True(_inbox.TryStage(item, bytes, Encoding.UTF8.GetBytes(text)));
    }

    private static List<string> Events(Batch batch)
    {
        var events = new List<string>();
        foreach (ref readonly var e in batch.EncodedEvents)
            events.Add(Encoding.UTF8.GetString(batch.Json(e)));
        return events;
    }
}
