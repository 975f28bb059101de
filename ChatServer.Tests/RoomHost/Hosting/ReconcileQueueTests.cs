using System.Collections.Concurrent;
using ChatServer.RoomHost.Hosting;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.RoomHost.Hosting;

public sealed class ReconcileQueueTests : IDisposable
{
    private readonly ConcurrentQueue<(string Room, Exception Why)> _failures = new();
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _goOn = new(0);
    private int _looks, _now, _most;

    [Fact]
    public async Task Failed_reconcile_is_reported_and_can_be_requested_again()
    {
        using var queue = new ReconcileQueue(_ => throw new InvalidDataException(), (room, why) =>
            _failures.Enqueue((room, why)), maxParallel: 1, TaskScheduler.Default);

        for (var i = 1; i <= 3; i++)
        {
            queue.Request("lobby");
            await Eventually.Async(() => _failures.Count, count => count == i);
        }

        Assert.All(_failures, f => Assert.Equal(("lobby", typeof(InvalidDataException)), (f.Room, f.Why.GetType())));
        await queue.StopAsync().WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Request_during_a_failing_reconcile_is_not_lost()
    {
        using var queue = new ReconcileQueue(
            async _ =>
            {
                await ReconcileAsync();
                throw new InvalidDataException();
            },
            (room, why) => _failures.Enqueue((room, why)), maxParallel: 1, TaskScheduler.Default);

        queue.Request("lobby");
        await BegunAsync();
        queue.Request("lobby");
        _goOn.Release(2);

        await Eventually.Async(() => _failures.Count, count => count == 2);
        await queue.StopAsync().WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Reconciles_of_one_room_never_overlap_and_waiting_requests_coalesce()
    {
        using var queue = NewQueue(parallel: 8);
        queue.Request("lobby");
        await BegunAsync();
        for (var i = 0; i < 100; i++)
            queue.Request("lobby");
        _goOn.Release(200);

        await Eventually.Async(() => Volatile.Read(ref _looks), count => count == 2);
        await queue.StopAsync().WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);

        Assert.Equal((2, 1), (_looks, _most));
    }

    [Fact]
    public async Task Different_rooms_are_reconciled_in_parallel_up_to_the_limit()
    {
        using var queue = NewQueue(parallel: 3);
        for (var i = 0; i < 20; i++)
            queue.Request($"room-{i}");
        for (var i = 0; i < 3; i++)
            await BegunAsync();
        Assert.Equal(3, Volatile.Read(ref _now));
        _goOn.Release(20);

        await Eventually.Async(() => Volatile.Read(ref _looks), count => count == 20);
        await queue.StopAsync().WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);

        Assert.Equal(3, _most);
    }

    [Fact]
    public async Task Stop_waits_for_the_running_reconcile_and_refuses_requests()
    {
        using var queue = NewQueue(parallel: 1);
        queue.Request("lobby");
        await BegunAsync();
        queue.Request("lobby");

        var stopped = queue.StopAsync();
        queue.Request("other");
        Assert.False(stopped.IsCompleted);
        _goOn.Release(10);

        await stopped.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);
        Assert.Equal(1, _looks);
    }

    [Fact]
    public async Task Reconcile_runs_only_when_its_scheduler_executes_it()
    {
        var scheduler = new ManualScheduler();
        using var queue = NewQueue(parallel: 1, scheduler);
        _goOn.Release();

        var done = queue.RequestAsync("lobby");
        Assert.Equal((1, false), (scheduler.Count, done.IsCompleted));
        while (!done.IsCompleted)
            scheduler.ExecuteNext();

        await done;
        Assert.Equal(1, _looks);
    }

    public void Dispose()
    {
        _begun.Dispose();
        _goOn.Dispose();
    }

    private ReconcileQueue NewQueue(int parallel, TaskScheduler? scheduler = null) => new(
        _ => ReconcileAsync(), (room, why) => _failures.Enqueue((room, why)), parallel, scheduler ?? TaskScheduler.Default);

    private async Task BegunAsync() => Assert.True(await _begun.WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken));

    private async Task ReconcileAsync()
    {
        lock (_failures)
            _most = Math.Max(_most, ++_now);
        _begun.Release();
        await _goOn.WaitAsync();
        lock (_failures)
            _now--;
        Interlocked.Increment(ref _looks);
    }

    // Executes one task at a time, when the test says so.
    private sealed class ManualScheduler : TaskScheduler
    {
        private readonly BlockingCollection<Task> _tasks = [];

        public int Count => _tasks.Count;

        public void ExecuteNext() => Assert.True(TryExecuteTask(_tasks.Take(TestContext.Current.CancellationToken)));

        protected override void QueueTask(Task task) => _tasks.Add(task);

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => _tasks;
    }
}
