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
    // By room that is being looked at, or waits for it: who waits for one more look; null when there is to be none.
    private readonly Dictionary<string, TaskCompletionSource?> _next = [];
    private readonly SemaphoreSlim _slots = new(parallel);
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
            if (_next.TryGetValue(room, out var next))
                return (_next[room] = next ?? New()).Task;
            _next[room] = null;
        }
        var done = New();
        _ = Task.Run(() => RunAsync(room, done));
        return done.Task;
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

    private async Task RunAsync(string room, TaskCompletionSource? done)
    {
        for (; done is not null; done = Next(room))
        {
            await LookAsync(room);
            done.SetResult();
        }
    }

    private async Task LookAsync(string room)
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

    // Who waits for the next look at the room; null when none is to come.
    private TaskCompletionSource? Next(string room)
    {
        lock (_gate)
        {
            var next = _next[room];
            if (next is not null && _drained is null)
            {
                _next[room] = null;
                return next;
            }
            next?.SetResult();
            _next.Remove(room);
            if (_next.Count == 0)
                _drained?.TrySetResult();
            return null;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
