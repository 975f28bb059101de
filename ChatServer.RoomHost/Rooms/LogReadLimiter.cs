namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Limits the reads of logs that all rooms of a host run at the same time, and with them the bytes that Redis sends and the host holds:
/// members that catch up wait for each other, and appends stay fast.
/// </summary>
internal sealed class LogReadLimiter : IDisposable
{
    /// <summary>Concurrent reads. A page has about <see cref="CatchUp.PageBytes"/>, so 512 KB are in flight.</summary>
    public const int MaxConcurrentReads = 8;

    private readonly SemaphoreSlim _slots = new(MaxConcurrentReads);

    /// <summary>Runs a read when a slot is free.</summary>
    /// <exception cref="OperationCanceledException">Canceled before the read began.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> read, CancellationToken ct)
    {
        await _slots.WaitAsync(ct);
        try
        {
            return await read();
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose() => _slots.Dispose();
}
