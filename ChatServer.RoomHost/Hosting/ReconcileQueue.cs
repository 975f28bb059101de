namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Runs reconciles of rooms. Reconciles of one room run one at a time, and each request is followed by one; different rooms run in
/// parallel up to a limit. A reconcile that fails affects no other.
/// </summary>
/// <param name="reconcile">Reconciles the room of that name.</param>
/// <param name="onFailed">Called if a reconcile throws; must not throw itself.</param>
/// <param name="maxParallel">Maximum of concurrent reconciles.</param>
/// <param name="scheduler">Runs the reconciles.</param>
internal sealed class ReconcileQueue(
    Func<string, Task> reconcile, Action<string, Exception> onFailed, int maxParallel, TaskScheduler scheduler) : IDisposable
{
    private readonly Lock _gate = new();
    // By room with a running or waiting reconcile: completes after one more reconcile; null if none is requested.
    private readonly Dictionary<string, TaskCompletionSource?> _pending = [];
    private readonly SemaphoreSlim _concurrency = new(maxParallel);
    private TaskCompletionSource? _drained;

    /// <summary>Requests a reconcile, which reads the room's state after this call.</summary>
    public void Request(string room) => _ = RequestAsync(room);

    /// <summary>As <see cref="Request"/>; completes with that reconcile, failed or not, or at once after <see cref="StopAsync"/>.</summary>
    public Task RequestAsync(string room)
    {
        lock (_gate)
        {
            if (_drained is not null)
                return Task.CompletedTask;
            if (_pending.TryGetValue(room, out var next))
                return (_pending[room] = next ?? NewCompletion()).Task;
            _pending[room] = null;
        }
        var done = NewCompletion();
        _ = Task.Factory.StartNew(() => RunAsync(room, done), CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
        return done.Task;
    }

    /// <summary>Accepts no more requests and waits for running reconciles.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_pending.Count == 0)
                _drained.TrySetResult();
            return _drained.Task;
        }
    }

    public void Dispose() => _concurrency.Dispose();

    private async Task RunAsync(string room, TaskCompletionSource? done)
    {
        for (; done is not null; done = TakePending(room))
        {
            await ReconcileAsync(room);
            done.SetResult();
        }
    }

    private async Task ReconcileAsync(string room)
    {
        await _concurrency.WaitAsync();
        try
        {
            await reconcile(room);
        }
        catch (Exception e)
        {
            onFailed(room, e);
        }
        finally
        {
            _concurrency.Release();
        }
    }

    // The completion of the next reconcile of the room; null if none is requested.
    private TaskCompletionSource? TakePending(string room)
    {
        lock (_gate)
        {
            var next = _pending[room];
            if (next is not null && _drained is null)
            {
                _pending[room] = null;
                return next;
            }
            next?.SetResult();
            _pending.Remove(room);
            if (_pending.Count == 0)
                _drained?.TrySetResult();
            return null;
        }
    }

    private static TaskCompletionSource NewCompletion() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
