using ChatServer.Backplane;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Backplane;

/// <summary>Finding and listing rooms, and the notifications of their changes.</summary>
public abstract class RoomDirectorySpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    [Fact]
    public async Task Listings_page_through_every_room_in_ordinal_order()
    {
        var names = Enumerable.Range(0, 2500).Select(i => (i % 5) switch
        {
            0 => $"Room{i}",
            1 => $"room{i}",
            2 => $"{i}",
            3 => $"r.{i}~x",
            _ => $"r-{i}_X",
        }).ToList();
        await Task.WhenAll(names.Select(EnterAsync));
        var rooms = Process().Rooms;

        var listed = new List<string>();
        var pages = new List<int>();
        for (string? after = null; await rooms.ListAsync(after, 1000) is { Count: > 0 } page; after = page[^1].Name)
        {
            listed.AddRange(page.Select(r => r.Name));
            pages.Add(page.Count);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), listed);
        Assert.Equal([1000, 1000, 500], pages);
        Assert.Equal(listed, await rooms.NamesAsync());
        Assert.Equal(2500, await rooms.CountAsync());
    }

    [Fact]
    public async Task Listing_starts_after_any_name_and_skips_stale_index_entries()
    {
        foreach (var name in new[] { "a", "c", "d", "e" })
            await EnterAsync(name);
        await Raw.SortedSetAddAsync(RedisNames.Rooms, "b", 0);
        var rooms = Process().Rooms;

        Assert.Equal(["a", "c", "d"], (await rooms.ListAsync(null, 3)).Select(r => r.Name));
        Assert.Equal(["c", "d", "e"], (await rooms.ListAsync("a", 10)).Select(r => r.Name));
        Assert.Equal(["d"], (await rooms.ListAsync("cc", 1)).Select(r => r.Name));
        Assert.Empty(await rooms.ListAsync("e", 10));
        Assert.Null(await rooms.FindAsync("b"));
    }

    [Fact]
    public async Task Corrupt_record_is_left_out_of_listings_and_deleted_by_a_shutdown()
    {
        foreach (var name in new[] { "a", "b", "c", "d", "e", "f" })
            await EnterAsync(name);
        await Raw.HashSetAsync(RedisNames.Room("b"), "createdAt", "yesterday");
        await Raw.HashSetAsync(RedisNames.Room("c"), "options", "null");
        await Raw.HashDeleteAsync(RedisNames.Room("d"), "term");
        await Raw.KeyDeleteAsync(RedisNames.Room("e"));
        await Raw.StringSetAsync(RedisNames.Room("e"), "text");
        var rooms = Process().Rooms;

        Assert.Equal(["a", "f"], (await rooms.ListAsync(null, 2)).Select(r => r.Name));
        foreach (var name in new[] { "b", "c", "d", "e" })
        {
            await Assert.ThrowsAsync<CorruptRecordException>(() => rooms.FindAsync(name));
            Assert.True(await rooms.ShutdownAsync(name));
            Assert.Null(await rooms.FindAsync(name));
            Assert.False(await rooms.ShutdownAsync(name));
        }
        Assert.Equal(["a", "f"], await rooms.NamesAsync());
    }

    [Fact]
    public async Task Rooms_are_found_by_a_part_of_their_name_or_title_however_many_there_are()
    {
        foreach (var name in new[] { "a-Tea", "tea", "z-tea", "coffee" })
            await EnterAsync(name);
        await Raw.HashSetAsync(RedisNames.Room("coffee"), "options", """{"title":"The Café"}""");
        await Task.WhenAll(Enumerable.Range(0, 2500).Select(i => Raw.SortedSetAddAsync(RedisNames.Rooms, $"m{i:D4}", 0)));
        var rooms = Process().Rooms;

        Assert.Equal(["a-Tea", "tea", "z-tea"], (await rooms.ListAsync(null, 10, "tea")).Select(r => r.Name));
        Assert.Equal(["a-Tea", "tea"], (await rooms.ListAsync(null, 2, "TEA")).Select(r => r.Name));
        Assert.Equal(["z-tea"], (await rooms.ListAsync("tea", 2, "tea")).Select(r => r.Name));
        Assert.Equal(["coffee"], (await rooms.ListAsync(null, 10, "café")).Select(r => r.Name));
        Assert.Empty(await rooms.ListAsync(null, 10, "milk"));
    }

    [Fact]
    public async Task Opening_and_closing_of_a_room_notify_other_processes()
    {
        await HostAsync("a");
        var changed = await ListenAsync(Process().Changes);
        var api = Process();

        await CreateAsync(api, "lobby");
        await Eventually.Async(() => changed.Count(n => n == "lobby"), n => n == 1);
        await api.Rooms.ShutdownAsync("lobby");

        await Eventually.Async(() => changed.Count(n => n == "lobby"), n => n == 2);
        Assert.Null(await api.Rooms.FindAsync("lobby"));
    }

    [Fact]
    public async Task Change_between_read_and_wait_is_not_missed()
    {
        var process = Process();
        await ListenAsync(process.Changes);
        using var watch = process.Changes.Watch("lobby");
        using var another = process.Changes.Watch("other");
        var (seen, unmoved) = (watch.Version, another.Version);

        await Raw.PublishAsync(StackExchange.Redis.RedisChannel.Literal(RedisNames.RoomChanged), "lobby");
        await Eventually.Async(() => watch.Version, version => version != seen);

        // The change precedes the wait; a wait for the next change would not end.
        await watch.WaitAsync(seen, Timeout.InfiniteTimeSpan, TimeProvider.System, Cancelled).WaitAsync(TimeSpan.FromSeconds(5), Cancelled);
        Assert.Equal(unmoved, another.Version);
    }

    [Fact]
    public async Task A_wait_ends_with_the_change_and_for_every_watcher_of_the_room()
    {
        var process = Process();
        await ListenAsync(process.Changes);
        using var first = process.Changes.Watch("lobby");
        using (process.Changes.Watch("lobby"))
        {
        }
        using var second = process.Changes.Watch("lobby");
        var waits = new[] { first, second }
            .Select(watch => watch.WaitAsync(watch.Version, Timeout.InfiniteTimeSpan, TimeProvider.System, Cancelled)).ToList();
        Assert.All(waits, w => Assert.False(w.IsCompleted));

        await Raw.PublishAsync(StackExchange.Redis.RedisChannel.Literal(RedisNames.RoomChanged), "lobby");

        await Task.WhenAll(waits).WaitAsync(Eventually.Timeout, Cancelled);
    }

    // A record as placement creates it; no host claims it.
    private async Task EnterAsync(string name)
    {
        await RedisScript.CreateRoom.RunAsync(Raw, [RedisNames.Room(name)], "a", "{}", "redis", "0123456789ab", 0);
        await RoomDirectory.AddToIndexesAsync(Raw, name, "a");
    }
}

public sealed class RoomDirectoryOnEmbeddedRedis(EmbeddedRedis redis) : RoomDirectorySpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class RoomDirectoryOnInstalledRedis(InstalledRedis redis) : RoomDirectorySpecification(redis), IClassFixture<InstalledRedis>;
