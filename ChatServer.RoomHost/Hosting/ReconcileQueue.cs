namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Looks at rooms: at one room one at a time, and never none after a request; at different rooms side by side, up to a limit. A look that
/// fails costs nothing but itself.
/// </summary>
/// <param name="reconcile">Looks at the room of that name.</param>
/// <param name="onFailed">Told of a look that threw; must not throw itself.</param>
/// <param name="maxParallel">Most looks at a time.</param>
internal sealed class ReconcileQueue(Func<string, Task> reconcile, Action<string, Exception> onFailed, int maxParallel) : IDisposable
{
    private readonly Lock _gate = new();
    // By room that is being looked at, or waits for it: who waits for one more look; null when there is to be none.
    private readonly Dictionary<string, TaskCompletionSource?> _pending = [];
    private readonly SemaphoreSlim _concurrency = new(maxParallel);
    private TaskCompletionSource? _drained;

    /// <summary>Has the room looked at: what the look sees is not older than this call.</summary>
    public void Request(string room) => _ = RequestAsync(room);

    /// <summary>As <see cref="Request"/>; ends with that look, however it went, or at once when there are no looks any more.</summary>
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
        _ = Task.Run(() => RunAsync(room, done));
        return done.Task;
    }

    /// <summary>Takes no more requests and waits for what is under way.</summary>
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

    // Who waits for the next look at the room; null when none is to come.
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
