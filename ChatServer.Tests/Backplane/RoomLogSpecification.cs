using System.Text;
using ChatServer.Backplane;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.Backplane;

/// <summary>The logs of rooms.</summary>
public abstract class RoomLogSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    [Fact]
    public async Task Messages_of_a_user_are_found_unless_they_are_deleted_or_trimmed()
    {
        await HostAsync("a");
        var process = Process();
        var room = await CreateAsync(process, "lobby");
        ReadOnlyMemory<byte>[] entries =
        [
            .. Enumerable.Range(1, 250).Select(seq => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(
                $$"""{{LogEntry.EmptyKey}}{"type":"message","seq":{{seq}},"uid":"{{(seq % 2 == 0 ? "even" : "odd")}}","text":"\"uid\":\"even\""}""")),
        ];
        await process.Log.AppendAsync("lobby", room.Term, 0, 240, 250, 0, entries);
        ReadOnlyMemory<byte> rewritten = """{"type":"message","seq":14,"uid":"even","text":"","deleted":{"seq":251}}"""u8.ToArray();
        ReadOnlyMemory<byte> deletion = Encoding.UTF8.GetBytes($$"""{{LogEntry.EmptyKey}}{"type":"deleted","seq":251}""");
        await process.Log.AppendAsync("lobby", room.Term, 250, 240, 0, 0, new[] { deletion }, [(14, rewritten), (3, rewritten)]);

        async Task<List<long>> FindAsync(long after, int limit) =>
            [.. (await process.Log.FindByUserAsync("lobby", "even", after, limit))!.Select(found => found.Seq)];
        Assert.Equal([12, 16, 18], await FindAsync(0, 3));
        Assert.Equal([248, 250], await FindAsync(246, 10));
        Assert.Equal(119, (await FindAsync(0, 1000)).Count);
        Assert.Null(await process.Log.FindByUserAsync("missing", "even", 0, 1));
        Assert.Equal("", (await process.Log.ReadAfterAsync("lobby", 13, 1))!.Events[0].Entry.ReadEvent(14).GetProperty("text").GetString());
    }

    [Fact]
    public async Task Pages_before_and_after_a_sequence_have_no_gap_and_no_overlap()
    {
        var (log, room) = await RoomAsync();
        for (var seq = 0L; seq < 250; seq += 50)
            Assert.Equal(AppendResult.Appended, await log.AppendAsync("lobby", room.Term, seq, 1000, 50, 0, Entries.Numbered(seq + 1, 50)));

        var forward = new List<(long Seq, LogEntry Entry)>();
        while (await log.ReadAfterAsync("lobby", forward.Count, 70) is { Events.Count: > 0 } page)
            forward.AddRange(page.Events);
        var backward = new List<(long Seq, LogEntry Entry)>();
        for (long? before = null; await log.ReadBeforeAsync("lobby", before, 70) is { Events.Count: > 0 } page; before = page.Events[0].Seq)
            backward.InsertRange(0, page.Events);

        Assert.Equal(Enumerable.Range(1, 250).Select(i => ((long)i, $"{i}")), forward.Select(e => (e.Seq, Entries.Text(e.Entry))));
        Assert.Equal(forward.Select(e => e.Seq), backward.Select(e => e.Seq));
        Assert.All(forward, e => Assert.Equal(LogEntry.EmptyKey, e.Entry.Key));
    }

    [Fact]
    public async Task A_page_tells_the_epoch_and_the_ends_of_the_log()
    {
        var (log, room) = await RoomAsync();

        var empty = await log.ReadBeforeAsync("lobby", null, 10);
        await log.AppendAsync("lobby", room.Term, 0, 5, 8, 0, Entries.Numbered(1, 8));
        var trimmed = await log.ReadBeforeAsync("lobby", null, 2);

        Assert.Equal((room.Epoch, 1, 0, 0), (empty?.Epoch, empty?.Oldest, empty?.Newest, empty?.Events.Count));
        Assert.Equal((room.Epoch, 4, 8), (trimmed?.Epoch, trimmed?.Oldest, trimmed?.Newest));
        Assert.Equal([7L, 8L], trimmed!.Events.Select(e => e.Seq));
    }

    [Fact]
    public async Task Short_log_recognizes_duplicates_of_its_last_256_messages()
    {
        var (log, room) = await RoomAsync();
        static ReadOnlyMemory<byte>[] Keyed(int first, int count) =>
            [.. Enumerable.Range(first, count).Select(i => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes($"{i:D22}{{\"seq\":{i}}}"))];
        await log.AppendAsync("lobby", room.Term, 0, 5, 250, 0, Keyed(1, 250));
        await log.AppendAsync("lobby", room.Term, 250, 5, 50, 0, Keyed(251, 50));
        await log.AppendAsync("lobby", room.Term, 250, 5, 50, 0, Keyed(251, 50)); // repeated, as after a lost reply

        Assert.Equal(Enumerable.Range(45, 256).Select(i => ($"{i:D22}", (long)i)), await log.ReadMessageKeysAsync("lobby", 300));
        Assert.Equal(299, (await log.ReadMessageKeysAsync("lobby", 299))[^1].Seq);
        await Raw.ListRightPushAsync(RedisNames.RoomMessageKeys("lobby"), ["", "malformed entry of another program", $"{1:D22}x"]);
        Assert.Equal(256 - 3, (await log.ReadMessageKeysAsync("lobby", 300)).Count(message => message.Seq > 47));
    }

    [Fact]
    public async Task Keys_lost_in_a_Redis_crash_are_stored_when_the_append_is_repeated()
    {
        var (log, room) = await RoomAsync();
        var batch = Enumerable.Range(1, 3).Select(i => (ReadOnlyMemory<byte>)System.Text.Encoding.ASCII.GetBytes($"{i:D22}{{\"seq\":{i}}}"))
            .Append(Entries.Of("""{"type":"announcement","seq":4}""")).ToArray();
        await log.AppendAsync("lobby", room.Term, 0, 0, 3, 0, batch);
        await Raw.KeyDeleteAsync(RedisNames.RoomMessageKeys("lobby")); // as if Redis had crashed before it wrote them

        Assert.Equal(AppendResult.Appended, await log.AppendAsync("lobby", room.Term, 0, 0, 3, 0, batch));

        Assert.Equal([1L, 2, 3], (await log.ReadMessageKeysAsync("lobby", 4)).Select(message => message.Seq));
    }

    [Fact]
    public async Task Log_with_enough_history_stores_no_separate_keys()
    {
        var (log, room) = await RoomAsync();
        await log.AppendAsync("lobby", room.Term, 0, RoomLog.MaxDedupeKeys, 5, 0, Entries.Numbered(1, 5));

        Assert.Empty(await log.ReadMessageKeysAsync("lobby", 5));
    }

    [Fact]
    public async Task Read_outside_the_log_returns_existing_events()
    {
        var (log, room) = await RoomAsync();
        await log.AppendAsync("lobby", room.Term, 0, 5, 8, 0, Entries.Numbered(1, 8));

        Assert.Equal([4L, 5L, 6L, 7L, 8L], (await log.ReadAfterAsync("lobby", 0, 100))!.Events.Select(e => e.Seq));
        Assert.Empty((await log.ReadAfterAsync("lobby", 8, 100))!.Events);
        Assert.Empty((await log.ReadAfterAsync("lobby", 99, 100))!.Events);
        Assert.Empty((await log.ReadBeforeAsync("lobby", 4, 100))!.Events);
        Assert.Empty((await log.ReadBeforeAsync("lobby", 0, 100))!.Events);
        Assert.Equal([7L, 8L], (await log.ReadBeforeAsync("lobby", 99, 2))!.Events.Select(e => e.Seq));
        Assert.Empty((await log.ReadBeforeAsync("lobby", null, 0))!.Events);
        Assert.Null(await log.ReadAfterAsync("nowhere", 0, 100));
    }

    [Fact]
    public async Task Room_without_history_counts_events_and_keeps_none()
    {
        var (log, room) = await RoomAsync(Defaults with { History = 0 });

        Assert.Equal(AppendResult.Appended, await log.AppendAsync("lobby", room.Term, 0, 0, 3, 0, Entries.Numbered(1, 3)));
        Assert.Equal(AppendResult.Appended, await log.AppendAsync("lobby", room.Term, 3, 0, 2, 0, Entries.Numbered(4, 2)));

        var page = await log.ReadAfterAsync("lobby", 0, 100);
        Assert.Equal((6, 5, 0), (page?.Oldest, page?.Newest, page?.Events.Count));
        Assert.Equal(5, (await Process().Rooms.FindAsync("lobby"))?.Messages);
    }

    [Fact]
    public async Task Batch_larger_than_the_history_keeps_its_newest_events()
    {
        var (log, room) = await RoomAsync();

        await log.AppendAsync("lobby", room.Term, 0, 3, 10, 0, Entries.Numbered(1, 10));

        Assert.Equal(["8", "9", "10"], (await log.ReadAfterAsync("lobby", 0, 100))!.Events.Select(e => Entries.Text(e.Entry)));
    }

    [Fact]
    public async Task Append_repeated_after_a_lost_reply_is_idempotent()
    {
        var (log, room) = await RoomAsync();
        await log.AppendAsync("lobby", room.Term, 0, 1000, 1, 0, Entries.Numbered(1, 2));
        Task<AppendResult> Batch() => log.AppendAsync("lobby", room.Term, 2, 1000, 3, 7, Entries.Numbered(3, 3));

        Assert.Equal([AppendResult.Appended, AppendResult.Appended, AppendResult.Appended], [await Batch(), await Batch(), await Batch()]);

        var after = await Process().Rooms.FindAsync("lobby");
        Assert.Equal((5, 4, 7), (after?.Seq, after?.Messages, after?.Announced));
        Assert.Equal(["1", "2", "3", "4", "5"], (await log.ReadAfterAsync("lobby", 0, 100))!.Events.Select(e => Entries.Text(e.Entry)));
    }

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(3, 1000)]
    [InlineData(3, 3)]
    [InlineData(3, 4)]
    public async Task Append_cut_by_a_Redis_crash_is_logged_once_when_repeated(int before, int history)
    {
        var (log, room) = await RoomAsync();
        if (before > 0)
            await log.AppendAsync("lobby", room.Term, 0, history, before, 0, Entries.Events(1, before));
        // A state that a crash of the embedded Redis leaves: it persists each command of a script on its own.
        await Raw.ListRightPushAsync(RedisNames.RoomLog("lobby"), [.. Entries.Events(before + 1, 2).Select(e => (RedisValue)e)]);

        var torn = await log.ReadAfterAsync("lobby", 0, 100);
        Assert.Equal(
            AppendResult.Appended, await log.AppendAsync("lobby", room.Term, before, history, 2, 0, Entries.Events(before + 1, 2)));
        var whole = await log.ReadBeforeAsync("lobby", null, 100);

        Assert.Equal(Seqs(1, before), torn!.Events.Select(e => e.Seq));
        Assert.Equal((1, before), (torn.Oldest, torn.Newest));
        var kept = Math.Min(history, before + 2);
        Assert.Equal(Seqs(before + 3 - kept, kept), whole!.Events.Select(e => e.Seq));
        Assert.All(whole.Events, e => Assert.Contains($"\"seq\":{e.Seq},", Entries.Text(e.Entry), StringComparison.Ordinal));
        Assert.Equal((before + 3 - kept, before + 2), (whole.Oldest, whole.Newest));
        Assert.Equal(kept, await Raw.ListLengthAsync(RedisNames.RoomLog("lobby")));
        Assert.Equal(before + 2, (await Process().Rooms.FindAsync("lobby"))?.Messages);
    }

    [Fact]
    public async Task Append_at_another_sequence_than_the_end_is_refused()
    {
        var (log, room) = await RoomAsync();
        await log.AppendAsync("lobby", room.Term, 0, 1000, 5, 0, Entries.Numbered(1, 5));

        Assert.Equal(AppendResult.Diverged, await log.AppendAsync("lobby", room.Term, 9, 1000, 1, 0, Entries.Numbered(10, 1)));
        Assert.Equal(AppendResult.Diverged, await log.AppendAsync("lobby", room.Term, 2, 1000, 1, 0, Entries.Numbered(3, 1)));
        Assert.Equal(AppendResult.Fenced, await log.AppendAsync("lobby", room.Term - 1, 5, 1000, 1, 0, Entries.Numbered(6, 1)));
        Assert.Equal(AppendResult.Fenced, await log.AppendAsync("lobby", room.Term + 1, 5, 1000, 1, 0, Entries.Numbered(6, 1)));
        Assert.Equal(AppendResult.Gone, await log.AppendAsync("nowhere", room.Term, 0, 1000, 1, 0, Entries.Numbered(1, 1)));

        Assert.Equal(5, (await Process().Rooms.FindAsync("lobby"))?.Seq);
        Assert.Equal(5, await Raw.ListLengthAsync(RedisNames.RoomLog("lobby")));
        Assert.Empty(await KeysAsync("*nowhere*"));
    }

    [Fact]
    public async Task Entries_of_64_KiB_with_any_bytes_are_read_unchanged()
    {
        var (log, room) = await RoomAsync();
        var payloads = Enumerable.Range(0, 40).Select(i =>
        {
            var bytes = new byte[Limits.MaxFrameBytes];
            new Random(i).NextBytes(bytes);
            return bytes;
        }).Append([0, 13, 10, 255, 0]).Append([]).ToArray();

        await log.AppendAsync("lobby", room.Term, 0, 1000, 0, 0, payloads.Select(Entries.Of).ToArray());

        var page = await log.ReadAfterAsync("lobby", 0, 1000);
        Assert.Equal(payloads, page!.Events.Select(e => e.Entry.Event.ToArray()));
    }

    [Fact]
    public async Task Largest_batch_is_appended_and_largest_history_is_read()
    {
        var (log, room) = await RoomAsync();
        const int Largest = 4000;
        for (var seq = 0; seq < 12_000; seq += Largest)
            Assert.Equal(AppendResult.Appended, await log.AppendAsync(
                "lobby", room.Term, seq, RoomOptions.MaxHistory, Largest, 0, Entries.Numbered(seq + 1, Largest)));

        var page = await log.ReadAfterAsync("lobby", 0, RoomOptions.MaxHistory);

        Assert.Equal(
            Enumerable.Range(2001, RoomOptions.MaxHistory).Select(i => ((long)i, $"{i}")),
            page!.Events.Select(e => (e.Seq, Entries.Text(e.Entry))));
    }

    [Fact]
    public async Task Sequences_beyond_32_bits_stay_exact()
    {
        var (log, room) = await RoomAsync();
        const long Far = 9_000_000_000_000_000;
        await Raw.HashSetAsync(RedisNames.Room("lobby"), "seq", Far - 1);

        Assert.Equal(AppendResult.Appended, await log.AppendAsync("lobby", room.Term, Far - 1, 1000, 3, 0, Entries.Numbered(Far, 3)));

        Assert.Equal(Far + 2, (await Process().Rooms.FindAsync("lobby"))?.Seq);
        var page = await log.ReadAfterAsync("lobby", Far, 10);
        Assert.Equal([(Far + 1, $"{Far + 1}"), (Far + 2, $"{Far + 2}")], page!.Events.Select(e => (e.Seq, Entries.Text(e.Entry))));
    }

    private static IEnumerable<long> Seqs(long first, int count) => Enumerable.Range(0, count).Select(i => first + i);

    private async Task<(RoomLog Log, RoomRecord Room)> RoomAsync(RoomOptions? options = null)
    {
        await HostAsync("a");
        var process = Process();
        return (process.Log, await CreateAsync(process, "lobby", options));
    }
}

public sealed class RoomLogOnEmbeddedRedis(EmbeddedRedis redis) : RoomLogSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class RoomLogOnInstalledRedis(InstalledRedis redis) : RoomLogSpecification(redis), IClassFixture<InstalledRedis>;
