using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Turns;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Rooms;

public sealed class LogReadsTests(RoomRedis redis) : IClassFixture<RoomRedis>, ITurnHandler, IDisposable
{
    private readonly LogReadLimiter _limiter = new();

    bool ITurnHandler.HasWork => false;

    [Fact]
    public async Task Members_that_need_the_same_page_share_one_read()
    {
        var (reads, turns) = await CreateAsync("shared");
        List<LogPage?> pages = [];
        var blocked = BlockAllSlots();
        turns.Post(() =>
        {
            for (var i = 0; i < 5; i++)
                reads.Read(0, 4, () => true, pages.Add);
        });
        blocked.Unblock();
        await Eventually.Async(() => pages.Count, count => count == 5);
        Assert.All(pages, page => Assert.Same(pages[0], page));
    }

    [Fact]
    public async Task Read_of_a_member_that_is_gone_is_not_executed()
    {
        var (reads, turns) = await CreateAsync("gone");
        var isNeeded = true;
        List<LogPage?> pages = [];
        var blocked = BlockAllSlots();
        turns.Post(() => reads.Read(0, 4, () => isNeeded, pages.Add));
        await Turn(turns);
        isNeeded = false;
        blocked.Unblock();

        turns.Post(() => reads.Read(0, 8, () => true, pages.Add));
        await Eventually.Async(() => pages.Count, count => count == 1);
        await Turn(turns);
        Assert.Single(pages);
    }

    [Fact]
    public async Task Member_that_joins_the_read_of_members_that_are_gone_gets_its_page()
    {
        var (reads, turns) = await CreateAsync("joined");
        List<LogPage?> pages = [];
        turns.Post(() =>
        {
            reads.Read(0, 4, () => false, _ => Assert.Fail("It is not needed."));
            reads.Read(0, 4, () => true, pages.Add);
        });
        await Eventually.Async(() => pages.Count, count => count == 1);
        Assert.NotNull(pages[0]);
    }

    [Fact]
    public async Task Concurrent_reads_of_a_host_are_limited()
    {
        var running = 0;
        var mostRunning = 0;
        var end = new TaskCompletionSource();
        var reads = Enumerable.Range(0, 50).Select(_ => _limiter.RunAsync(async () =>
        {
            mostRunning = Math.Max(mostRunning, Interlocked.Increment(ref running));
            await end.Task;
            Interlocked.Decrement(ref running);
            return true;
        }, CancellationToken.None)).ToList();
        await Eventually.Async(() => Volatile.Read(ref running), count => count == LogReadLimiter.MaxConcurrentReads);
        end.SetResult();
        await Task.WhenAll(reads);
        Assert.Equal(LogReadLimiter.MaxConcurrentReads, mostRunning);
    }

    public void Dispose() => _limiter.Dispose();

    void ITurnHandler.RunTurn()
    {
    }

    void ITurnHandler.OnTurnFailed(Exception error) => Assert.Fail($"{error}");

    private async Task<(LogReads Reads, TurnQueue Turns)> CreateAsync(string name)
    {
        var record = await redis.CreateAsync($"log-reads-{name}", new());
        var turns = new TurnQueue(TurnScheduler.ThreadPool);
        turns.Start(this);
        var log = new DurableLog(redis.Log, record, TimeProvider.System, _limiter);
        return (new LogReads(log, turns, TimeProvider.System, CancellationToken.None), turns);
    }

    private static Task Turn(TurnQueue turns)
    {
        var done = new TaskCompletionSource();
        turns.Post(done.SetResult);
        return done.Task;
    }

    // Occupies the limiter, so that reads wait for a slot.
    private Blocked BlockAllSlots()
    {
        var end = new TaskCompletionSource();
        for (var i = 0; i < LogReadLimiter.MaxConcurrentReads; i++)
        {
            _ = _limiter.RunAsync(async () =>
            {
                await end.Task;
                return true;
            }, CancellationToken.None);
        }
        return new Blocked(end);
    }

    private sealed record Blocked(TaskCompletionSource End)
    {
        public void Unblock() => End.SetResult();
    }
}
