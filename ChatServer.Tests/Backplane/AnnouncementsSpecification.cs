using ChatServer.Backplane;
using ChatServer.Backplane.Messages;
using ChatServer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ChatServer.Tests.Backplane;

/// <summary>Announcements, the shutdown order, and the signals about them.</summary>
public abstract class AnnouncementsSpecification(RedisServer redis) : BackplaneSpecification(redis)
{
    [Fact]
    public async Task Announcements_are_numbered_one_after_the_other_and_read_in_order_from_any_place()
    {
        var process = Process();

        for (var i = 1; i <= 12; i++)
            Assert.Equal(i, (await process.Announcements.PostAsync($"text {i}", null)).Number);

        var all = await Process().Announcements.ReadAfterAsync(0);
        Assert.Equal(Enumerable.Range(1, 12).Select(i => ((long)i, $"text {i}")), all.Select(a => (a.Number, a.Text)));
        Assert.Equal([10, 11, 12], (await process.Announcements.ReadAfterAsync(9)).Select(a => a.Number));
        Assert.Empty(await process.Announcements.ReadAfterAsync(12));
    }

    [Fact]
    public async Task Announcement_is_read_as_posted()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2030, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));
        var posted = await Process(time).Announcements.PostAsync("\"Ünïcode\" <🎉>\n", ["lobby", "Den"]);

        var read = Assert.Single(await Process().Announcements.ReadAfterAsync(0));

        Assert.Equal((posted.Number, posted.Id, posted.Text, posted.Time), (read.Number, read.Id, read.Text, read.Time));
        Assert.Equal(["lobby", "Den"], read.Rooms);
        Assert.Equal(time.GetUtcNow(), read.Time);
        Assert.True(read.IsFor("lobby") && read.IsFor("Den"));
        Assert.False(read.IsFor("Lobby") || read.IsFor("other"));
    }

    [Fact]
    public async Task Corrupt_announcement_is_left_out_and_removed_by_the_next_post()
    {
        var process = Process();
        await Raw.SortedSetAddAsync(RedisNames.Announcements, [new("not JSON", 0.1), new("{}", 0.2)]);

        Assert.Empty(await process.Announcements.ReadAfterAsync(0));
        await process.Announcements.PostAsync("text", null);

        Assert.Equal("text", Assert.Single(await process.Announcements.ReadAfterAsync(0)).Text);
        Assert.Equal(1, await Raw.SortedSetLengthAsync(RedisNames.Announcements));
    }

    [Fact]
    public async Task An_announcement_to_all_is_for_every_room() =>
        Assert.True((await Process().Announcements.PostAsync("all", null)).IsFor("any"));

    [Fact]
    public async Task Reader_gets_each_announcement_once_while_many_post()
    {
        var posters = Enumerable.Range(0, 4).Select(_ => Process()).ToList();
        var reader = Process();
        var seen = new List<long>();

        var posting = Task.WhenAll(posters.Select(async p =>
        {
            for (var i = 0; i < 100; i++)
                await p.Announcements.PostAsync("x", null);
        }));
        await Eventually.Async(
            async () =>
            {
                seen.AddRange((await reader.Announcements.ReadAfterAsync(seen.LastOrDefault())).Select(a => a.Number));
                return seen.Count;
            },
            count => count >= 400);
        await posting;

        Assert.Equal(Enumerable.Range(1, 400).Select(i => (long)i), seen);
    }

    [Fact]
    public async Task Announcements_are_dropped_after_a_day_and_the_numbers_go_on()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var announcements = Process(time).Announcements;
        await announcements.PostAsync("first", null);
        await announcements.PostAsync("second", null);
        time.Advance(Announcements.Retention - TimeSpan.FromSeconds(1));
        await announcements.PostAsync("third", null);
        Assert.Equal(3, (await announcements.ReadAfterAsync(0)).Count);

        time.Advance(TimeSpan.FromSeconds(2));
        await announcements.PostAsync("fourth", null);

        Assert.Equal([(3L, "third"), (4L, "fourth")], (await announcements.ReadAfterAsync(0)).Select(a => (a.Number, a.Text)));
    }

    [Fact]
    public async Task New_room_skips_older_announcements()
    {
        await HostAsync("a");
        var process = Process();
        await process.Announcements.PostAsync("before", null);
        await process.Announcements.PostAsync("before", null);

        Assert.Equal(2, (await CreateAsync(process, "lobby")).Announced);
    }

    [Fact]
    public async Task Shutdown_stops_running_processes_but_not_later_starts()
    {
        var (running, ordering) = (Process(), Process());
        Assert.False(await running.Shutdown.IsOrderedAsync());

        await ordering.Shutdown.OrderAsync();

        Assert.True(await running.Shutdown.IsOrderedAsync());
        var later = Process();
        Assert.False(await later.Shutdown.IsOrderedAsync());
        Assert.False(await later.Shutdown.IsOrderedAsync());
        await ordering.Shutdown.OrderAsync();
        Assert.True(await later.Shutdown.IsOrderedAsync());
    }

    [Fact]
    public async Task Shutdown_lost_with_Redis_data_is_not_an_order()
    {
        await Process().Shutdown.OrderAsync();
        var process = Process();
        Assert.False(await process.Shutdown.IsOrderedAsync());

        await Redis.FlushAsync();

        Assert.False(await process.Shutdown.IsOrderedAsync());
    }

    [Fact]
    public async Task Announcements_and_shutdowns_are_signalled()
    {
        using var stop = new CancellationTokenSource();
        var signals = 0;
        var loop = Process().ClusterSignals.RunAsync(() => Interlocked.Increment(ref signals), stop.Token);
        await Eventually.Async(() => signals, n => n == 1); // raised by the subscription, because signals may have been missed

        await Process().Announcements.PostAsync("x", null);
        await Eventually.Async(() => signals, n => n == 2);
        await Process().Shutdown.OrderAsync();
        await Eventually.Async(() => signals, n => n == 3);

        await stop.CancelAsync();
        await loop;
    }
}

public sealed class AnnouncementsOnEmbeddedRedis(EmbeddedRedis redis) : AnnouncementsSpecification(redis), IClassFixture<EmbeddedRedis>;

[Needs(OptionalProgram.RedisServer)]
public sealed class AnnouncementsOnInstalledRedis(InstalledRedis redis) : AnnouncementsSpecification(redis), IClassFixture<InstalledRedis>;
