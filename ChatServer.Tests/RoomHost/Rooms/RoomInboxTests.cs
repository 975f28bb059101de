using System.Text;
using ChatServer.Backplane.Rooms;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.Tests.RoomHost.Rooms;

public sealed class RoomInboxTests
{
    private readonly RoomInbox _inbox = new();

    [Fact]
    public void Messages_between_two_turns_form_one_batch()
    {
        TryStage("1", "one");
        TryStage("2", "two");
        Assert.True(_inbox.HasBatches);
        Assert.True(_inbox.TryTakeBatch(out var batch));
        Assert.Equal(["1 one", "2 two"], Contents(batch));

        TryStage("3", "three"); // does not change the batch that was taken
        Assert.Equal(2, batch.Items.Length);
        Assert.True(_inbox.TryTakeBatch(out var next));
        Assert.Equal(["3 three"], Contents(next));
        Assert.False(_inbox.TryTakeBatch(out _));
    }

    [Fact]
    public void Full_batches_are_queued_up_to_a_limit()
    {
        var staged = 0;
        while (TryStage($"{staged}", "x"))
            staged++;
        Assert.Equal(16 * Batch.MaxItems, staged);
        Assert.True(_inbox.TryStage(new BatchItem { Kind = BatchItemKind.Announcement }, default, "announcement"u8));

        Assert.True(_inbox.TryTakeBatch(out var first));
        Assert.Equal((Batch.MaxItems, "0 x"), (first.Items.Length, Contents(first).First()));
        Assert.True(_inbox.TryTakeBatch(out _));
        Assert.True(TryStage("again", "x"));
    }

    [Fact]
    public void Batch_of_long_texts_is_full_at_its_byte_limit()
    {
        var text = new string('x', 16_000);
        for (var i = 0; i < 100; i++)
            TryStage($"{i}", text);
        Assert.True(_inbox.TryTakeBatch(out var batch));
        Assert.InRange(batch.Items.Length, Batch.FullAtBytes / 16_100, Batch.FullAtBytes / 16_000 + 1);
    }

    [Fact]
    public void Unavailable_log_refuses_messages_and_queues_announcements()
    {
        _inbox.RefusesMessages = true;
        Assert.False(TryStage("1", "x"));
        Assert.True(_inbox.TryStage(new BatchItem { Kind = BatchItemKind.Announcement }, default, "x"u8));
        _inbox.RefusesMessages = false;
        Assert.True(TryStage("2", "x"));
        Assert.True(_inbox.TryTakeBatch(out var batch));
        Assert.Equal(2, batch.Items.Length);
    }

    [Fact]
    public void Reused_batch_is_empty()
    {
        TryStage("old", "older");
        Assert.True(_inbox.TryTakeBatch(out var batch));
        batch.Encode(0, 7, new byte[24], "ann"u8);
        Assert.Equal((1, 1), (batch.Count, batch.MessageCount));
        batch.Reset();
        Assert.Equal((0, 0, 0), (batch.Count, batch.MessageCount, batch.Items.Length));

        batch.Add(new BatchItem { Key = MessageKey.Of("s"u8, "i"u8) }, "i"u8, "new"u8);
        batch.Encode(0, 8, "2026-01-31T23:59:59.999Z"u8, EventJson.Sender("ann", "~ann"));
        Assert.Equal(
            """{"type":"message","seq":8,"time":"2026-01-31T23:59:59.999Z","user":"ann","uid":"~ann","id":"i","text":"new"}""",
            Encoding.UTF8.GetString(batch.Json(batch.EncodedEvents[0])));
        var entry = Encoding.UTF8.GetString(batch.LogEntries()[0].Span);
        Assert.Equal(MessageKey.Of("s"u8, "i"u8), MessageKey.Parse(entry[..LogEntry.KeyLength]));
        Assert.Equal(Encoding.UTF8.GetString(batch.Json(batch.EncodedEvents[0])), entry[LogEntry.KeyLength..]);
    }

    private bool TryStage(string id, string text) =>
        _inbox.TryStage(new BatchItem(), Encoding.UTF8.GetBytes(id), Encoding.UTF8.GetBytes(text));

    private static IEnumerable<string> Contents(Batch batch)
    {
        var contents = new List<string>();
        foreach (ref readonly var item in batch.Items)
            contents.Add($"{Encoding.UTF8.GetString(batch.Id(item))} {Encoding.UTF8.GetString(batch.Text(item))}");
        return contents;
    }
}
