namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Looks at rooms: at one room one at a time, and never none after a request; at different rooms side by side, up to a limit. A look that
/// fails costs nothing but itself.
/// </summary>
/// <param name="look">Looks at the room of that name.</param>
/// <param name="failed">Told of a look that threw; must not throw itself.</param>
/// <param name="parallel">Most looks at a time.</param>
internal sealed class RoomLooks(Func<string, Task> look, Action<string, Exception> failed, int parallel) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, bool> _again = []; // by room that is being looked at, or waits for it: whether to look once more
    private readonly SemaphoreSlim _slots = new(parallel);
    private TaskCompletionSource? _drained;

    /// <summary>Has the room looked at: what the look sees is not older than this call.</summary>
    public void Request(string room)
    {
        lock (_gate)
        {
            if (_drained is not null)
                return;
            if (!_again.TryAdd(room, false))
            {
                _again[room] = true;
                return;
            }
        }
        _ = Task.Run(() => RunAsync(room));
    }

    /// <summary>Takes no more requests and waits for what is under way.</summary>
    public Task StopAsync()
    {
        lock (_gate)
        {
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_again.Count == 0)
                _drained.TrySetResult();
            return _drained.Task;
        }
    }

    public void Dispose() => _slots.Dispose();

    private async Task RunAsync(string room)
    {
        do
        {
            await _slots.WaitAsync();
            try
            {
                await look(room);
            }
            catch (Exception e)
            {
                failed(room, e);
            }
            finally
            {
                _slots.Release();
            }
        }
        while (MustLookAgain(room));
    }

    private bool MustLookAgain(string room)
    {
        lock (_gate)
        {
            if (_again[room] && _drained is null)
            {
                _again[room] = false;
                return true;
            }
            _again.Remove(room);
            if (_again.Count == 0)
                _drained?.TrySetResult();
            return false;
        }
    }
}
