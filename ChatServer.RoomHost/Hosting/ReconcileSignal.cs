namespace ChatServer.RoomHost.Hosting;

/// <summary>Wakes the reconcile loop before its interval has passed. Requests may come from any thread; one loop waits.</summary>
internal sealed class ReconcileSignal(TimeProvider time)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _requested = NewSignal();
    private bool _isFull;

    /// <summary>Requests a round. Several requests cause one round.</summary>
    public void Request()
    {
        lock (_gate)
            _requested.TrySetResult();
    }

    /// <summary>Requests a round that reconciles every room, because notifications may have been missed.</summary>
    public void RequestFull()
    {
        lock (_gate)
        {
            _isFull = true;
            _requested.TrySetResult();
        }
    }

    /// <summary>Makes the next round a full one, without starting it early: for a full round that failed.</summary>
    public void MakeNextFull()
    {
        lock (_gate)
            _isFull = true;
    }

    /// <summary>Waits for a request, at most <paramref name="interval"/>. Returns whether the round has to be a full one.</summary>
    /// <exception cref="OperationCanceledException"/>
    public async Task<bool> WaitAsync(TimeSpan interval, CancellationToken ct)
    {
        Task requested;
        lock (_gate)
            requested = _requested.Task;
        try
        {
            await requested.WaitAsync(interval, time, ct);
        }
        catch (TimeoutException)
        {
            // The interval has passed.
        }
        lock (_gate)
        {
            if (_requested.Task.IsCompleted)
                _requested = NewSignal();
            var isFull = _isFull;
            _isFull = false;
            return isFull;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
