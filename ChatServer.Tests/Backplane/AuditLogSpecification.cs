using ChatServer.Backplane;
using ChatServer.Backplane.Audit;
using ChatServer.Contracts;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Backplane;

/// <summary>The audit trail in Redis.</summary>
public abstract class AuditLogSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    private static readonly AuditBounds Bounds = new(100, TimeSpan.FromDays(90));

    [Fact]
    public async Task Entries_of_all_processes_are_numbered_and_read_newest_first_as_written()
    {
        var before = DateTimeOffset.UtcNow - TimeSpan.FromSeconds(5);
        var written = new AuditEntry
        {
            Actor = "key:0123abcd",
            Address = "2001:db8::1",
            Action = "ban",
            Target = new AuditTarget("lobby", Uid: "ann \"1\"", Seq: 12),
            Reason = "Spam – “again”",
            Result = "202",
        };

        await Process().Audit(Bounds).WriteAsync(written);
        await Process().Audit(Bounds).WriteAsync(written with { Result = "404" });

        var entries = await Process().Audit(Bounds).ReadAsync(null, 10, Cancelled);
        Assert.Equal([(2, "404"), (1, "202")], entries.Select(entry => (entry.Number, entry.Result)));
        Assert.Equal(written, entries[1] with { Number = 0, Time = default });
        Assert.InRange(entries[1].Time, before, DateTimeOffset.UtcNow + TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Page_begins_before_a_number_and_is_limited()
    {
        var audit = Process().Audit(Bounds);
        for (var i = 0; i < 6; i++)
            await audit.WriteAsync(Entry(i % 2 == 0 ? "202" : AuditEntry.Unauthorized));

        Assert.Equal([4, 3, 2], (await audit.ReadAsync(5, 3, Cancelled)).Select(entry => entry.Number));
        Assert.Empty(await audit.ReadAsync(1, 3, Cancelled));
    }

    [Fact]
    public async Task Oldest_entries_beyond_the_maximum_are_removed()
    {
        var audit = Process().Audit(new AuditBounds(3, TimeSpan.FromDays(90)));

        for (var i = 0; i < 5; i++)
            await audit.WriteAsync(Entry("202"));

        Assert.Equal([5, 4, 3], (await audit.ReadAsync(null, 10, Cancelled)).Select(entry => entry.Number));
        Assert.Equal(3, await Raw.SortedSetLengthAsync(RedisNames.Audit));
    }

    [Fact]
    public async Task Expired_entry_is_not_returned_and_removed_by_the_next_write()
    {
        var audit = Process().Audit(new AuditBounds(100, TimeSpan.FromDays(1)));
        var old = DateTimeOffset.UtcNow - TimeSpan.FromDays(1.1);
        await Raw.SortedSetAddAsync(
            RedisNames.Audit, $$"""0 {{old.ToUnixTimeMilliseconds()}} {"actor":"-","action":"x","result":"202"}""", 0);

        Assert.Empty(await audit.ReadAsync(null, 10, Cancelled));
        await audit.WriteAsync(Entry("202"));

        Assert.Equal(1, Assert.Single(await audit.ReadAsync(null, 10, Cancelled)).Number);
        Assert.Equal(1, await Raw.SortedSetLengthAsync(RedisNames.Audit));
    }

    [Fact]
    public async Task Flood_of_calls_without_a_key_displaces_no_other_entry_and_is_counted()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var audit = Process(time).Audit(Bounds);
        await audit.WriteAsync(Entry("202"));

        for (var i = 0; i < 1000; i++)
            await audit.WriteAsync(Entry(AuditEntry.Unauthorized));
        time.Advance(TimeSpan.FromSeconds(1));
        await audit.WriteAsync(Entry(AuditEntry.Unauthorized));

        var entries = await audit.ReadAsync(null, 100, Cancelled);
        Assert.Equal(Bounds.MaxUnauthorized + 1, entries.Count);
        Assert.Equal("202", entries[^1].Result);
        Assert.Equal(1000 - UnauthorizedCallLimiter.Burst, entries[0].Omitted);
        Assert.Equal(1 + UnauthorizedCallLimiter.Burst + 1, entries[0].Number);
    }

    [Fact]
    public async Task Flood_of_commands_of_moderators_displaces_no_call()
    {
        var audit = Process().Audit(Bounds);
        await audit.WriteAsync(Entry("202"));
        await audit.WriteAsync(Entry(AuditEntry.Failed));

        for (var i = 0; i <= Bounds.MaxEntries; i++)
            await audit.WriteAsync(Entry(i % 2 == 0 ? AuditEntry.Done : "forbidden"));

        var entries = await audit.ReadAsync(null, 1000, Cancelled);
        Assert.Equal(Bounds.MaxEntries + 2, entries.Count);
        Assert.Equal([AuditEntry.Failed, "202"], entries.TakeLast(2).Select(entry => entry.Result));
    }

    [Fact]
    public async Task Corrupt_entry_is_left_out()
    {
        var audit = Process().Audit(Bounds);
        await audit.WriteAsync(Entry("202"));
        await Raw.SortedSetAddAsync(RedisNames.Audit, [new("no entry", 2), new("3 4 {}", 3)]);

        Assert.Equal(1, Assert.Single(await audit.ReadAsync(null, 10, Cancelled)).Number);
    }

    private static AuditEntry Entry(string result) => new() { Actor = AuditEntry.NoKey, Action = "shutdown", Result = result };
}

public sealed class AuditLogOnEmbeddedRedis(EmbeddedRedis redis) : AuditLogSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class AuditLogOnInstalledRedis(InstalledRedis redis) : AuditLogSpecification(redis), IClassFixture<InstalledRedis>;
