using System.Text.Json;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>The deletion of messages: after the <c>deleted</c> event, nothing that the room sends contains the text.</summary>
public abstract class DeletionSpecification(RoomRedis? redis) : RoomSpecification(redis)
{
    private const string Secret = "the text that must go";

    // Long enough to be compressed.
    private static readonly string LongSecret = string.Concat(Enumerable.Repeat(Secret + " ", 30));

    [Fact]
    public async Task Deleted_event_reaches_all_members_and_is_in_the_log()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        await ann.SayAsync(Secret);
        await ann.SayAsync("stays");
        var result = await DeleteAsync(room, 1);

        Assert.Equal((3, null), (result.Seq, result.Error));
        var deleted = await ann.NextAsync("deleted");
        Assert.Equal(["type", "seq", "time", "target", "by"], deleted.Members);
        Assert.Equal((3, 1, "backend"), (deleted.Seq, deleted.Json.GetProperty("target").GetInt64(), deleted["by"]));
        Assert.Equal(4, (await ann.SayAsync("next")).Seq);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Neither_history_nor_resume_has_the_text_of_a_deleted_message(bool isCompressed)
    {
        var room = await OpenAsync();
        Task<RoomClient> JoinAsync(string query) => room.JoinAsync(query, options =>
        {
            if (isCompressed)
                options.DangerousDeflateOptions = new() { ClientContextTakeover = false, ServerContextTakeover = false };
        });
        var ann = await JoinAsync("user=ann&session=session-of-ann-1");
        await ann.SayAsync(LongSecret, "first");
        await ann.SayAsync("stays");
        await DeleteAsync(room, 1);

        var joined = await JoinAsync("user=ben");
        var resumed = await JoinAsync($"since={room.Epoch}.0");
        foreach (var member in (RoomClient[])[joined, resumed])
        {
            var log = await member.ReadLogAsync(3);
            Assert.Equal((1, ""), (log[0].Seq, log[0]["text"]));
            Assert.Equal(3, log[0].Json.GetProperty("deleted").GetProperty("seq").GetInt64());
            Assert.DoesNotContain(member.Events, e => e.ToString().Contains(Secret, StringComparison.Ordinal));
        }
        // Its sender repeats it: the answer is the event as it is now.
        await joined.CatchUpAsync();
        await ann.SendAsync(new { type = "message", id = "first", text = LongSecret });
        Assert.Equal("", (await ann.NextAsync(e => e["id"] == "first", "the answer"))["text"]);
    }

    [Fact]
    public async Task Pages_of_the_history_have_the_deletion_in_place_of_the_text()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        await ann.SayAsync(Secret, "a");
        await DeleteAsync(room, 1);

        var page = Redis is null
            ? (await room.Room.Queries.HistoryAsync(null, 10)).Events
            : (await Redis.ReadAsync(room.Name)).Events.Select(e => e.Entry.ReadEvent(e.Seq)).ToList();
        Assert.Equal(["type", "seq", "time", "user", "uid", "id", "text", "deleted"], page[0].EnumerateObject().Select(p => p.Name));
        Assert.Equal((1, "ann", "a", ""), (
            page[0].GetProperty("seq").GetInt64(), page[0].GetProperty("user").GetString(), page[0].GetProperty("id").GetString(),
            page[0].GetProperty("text").GetString()));
        Assert.Equal(["seq", "time", "by"], page[0].GetProperty("deleted").EnumerateObject().Select(p => p.Name));
        Assert.DoesNotContain(Secret, JsonSerializer.Serialize(page));
    }

    [Fact]
    public async Task Second_deletion_returns_the_first_one()
    {
        var room = await OpenAsync();
        await (await room.JoinAsync()).SayAsync(Secret);
        Assert.Equal(2, (await DeleteAsync(room, 1)).Seq);
        Assert.Equal(2, (await DeleteAsync(room, 1)).Seq);
        Assert.Equal(2, room.Room.Seq);
    }

    [Fact]
    public async Task Only_messages_of_the_log_can_be_deleted()
    {
        var room = await OpenAsync();
        await (await room.JoinAsync()).SayAsync(Secret);
        await DeleteAsync(room, 1);
        foreach (var target in (long[])[-1, 0, 2, 3, long.MaxValue])
            Assert.Equal(RoomErrorCodes.NoSuchMessage, (await DeleteAsync(room, target)).Error?.Code);
    }

    [Fact]
    public async Task Members_delete_their_own_messages_and_moderators_any()
    {
        var room = await OpenAsync();
        var ann = await room.JoinAsync("user=ann");
        for (var i = 1; i <= 3; i++)
            await ann.SayAsync(Secret);

        var other = await room.Room.Deletions.DeleteAsync(1, Order("~someone-else", isModerator: false, "a"));
        Assert.Equal(RoomErrorCodes.NotYours, other.Error?.Code);
        var own = Order(ann.Welcome["uid"]!, isModerator: false, "b");
        Assert.Equal((4, true), (await room.Room.Deletions.DeleteAsync(1, own)) is var first ? (first.Seq, first.HasEvent) : default);
        Assert.Equal((4, false), (await room.Room.Deletions.DeleteAsync(1, own)) is var again ? (again.Seq, again.HasEvent) : default);
        Assert.Equal(5, (await room.Room.Deletions.DeleteAsync(2, Order("moderator", isModerator: true, "c"))).Seq);
        Assert.Equal(
            RoomErrorCodes.NoSuchMessage,
            (await room.Room.Deletions.DeleteAsync(2, Order("moderator", isModerator: true, "d"))).Error?.Code);

        Assert.Equal([("author", "b"), ("moderator", "c")], (await ann.NextAsync("deleted", 2)).Select(e => (e["by"]!, e["id"]!)));
    }

    private static DeletionOrder Order(string uid, bool isModerator, string id) => new(
        By: null, isModerator ? null : uid, uid, JsonText.Escape(id), MessageKey.Of("session"u8, JsonText.Escape(id)));

    protected private static Task<DeletionResult> DeleteAsync(OpenRoom room, long target) =>
        room.Room.Deletions.DeleteAsync(target, DeletionOrder.Of("backend")).WaitAsync(Eventually.Timeout);
}

public sealed class DeletionInMemory() : DeletionSpecification(null);

public sealed class DeletionWithRedis(RoomRedis redis) : DeletionSpecification(redis), IClassFixture<RoomRedis>
{
    [Theory]
    [InlineData(1000)]
    [InlineData(3)]
    public async Task Deletion_survives_a_move_and_reaches_messages_that_only_the_log_has(int history)
    {
        var room = await OpenAsync(new() { History = history });
        var ann = await room.JoinAsync("user=ann&session=0123456789abcdef");
        await ann.SayAsync("one", "1");
        await ann.SayAsync("two", "2");
        await room.MoveAsync();
        Assert.Equal(3, (await DeleteAsync(room, 2)).Seq);
        await room.MoveAsync();

        var back = await room.JoinAsync($"user=ann&session=0123456789abcdef&since={room.Epoch}.1");
        Assert.Equal((2, ""), (await back.ReadLogAsync(2))[0] is var first ? (first.Seq, first["text"]!) : default);
        // The key of the message stays: a repetition is recognized.
        Assert.Equal(2, (await back.SayAsync("two", "2")).Seq);
        Assert.Equal(4, (await back.SayAsync("three", "3")).Seq);
    }
}
