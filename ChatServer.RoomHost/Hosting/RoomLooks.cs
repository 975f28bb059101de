namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Work by room: for one room one at a time, and never none after a request; for different rooms side by side, up to a limit.
/// </summary>
internal sealed class RoomLooks(int parallel) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Func<string, Task>?> _next = [];
    private readonly SemaphoreSlim _slots = new(parallel);
    private TaskCompletionSource? _drained;

    /// <summary>Has <paramref name="work"/> done for the room. A request that waits is replaced by a newer one.</summary>
    public void Request(string room, Func<string, Task> work)
    {
        lock (_gate)
        {
            if (_drained is not null)
                return;
            if (!_next.TryAdd(room, null))
            {
                _next[room] = work;
                return;
            }
        }
        _ = Task.Run(() => RunAsync(room, work));
    }

    /// <summary>Takes no more requests and waits for what is under way.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_next.Count == 0)
                _drained.TrySetResult();
            return _drained.Task;
        }
    }

    public void Dispose() => _slots.Dispose();

    private async Task RunAsync(string room, Func<string, Task> work)
    {
        for (Func<string, Task>? next = work; next is not null; next = Next(room))
        {
            await _slots.WaitAsync();
            try
            {
                await next(room);
            }
            finally
            {
                _slots.Release();
            }
        }
    }

    private Func<string, Task>? Next(string room)
    {
        lock (_gate)
        {
            if (_next[room] is { } next && _drained is null)
            {
                _next[room] = null;
                return next;
            }
            _next.Remove(room);
            if (_next.Count == 0)
                _drained?.TrySetResult();
            return null;
        }
    }
}
