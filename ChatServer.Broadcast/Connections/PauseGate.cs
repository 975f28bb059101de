namespace ChatServer.Broadcast.Connections;

/// <summary>Makes a loop wait while it is closed. All members may be called from any thread.</summary>
internal sealed class PauseGate
{
    private TaskCompletionSource? _closed;

    /// <summary>Completes when the gate is open.</summary>
    public Task WhenOpen => Volatile.Read(ref _closed)?.Task ?? Task.CompletedTask;

    public void Close() => Interlocked.CompareExchange(
        ref _closed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);

    public void Open() => Interlocked.Exchange(ref _closed, null)?.SetResult();
}
