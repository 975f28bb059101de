namespace ChatServer.LocalHosting.Resources;

/// <summary>A number that only grows, and a way to wait until it has. It says that there is something to look at, never what:
/// who looks late has missed nothing, and who never looks holds nobody up.</summary>
internal sealed class Revision
{
    private TaskCompletionSource _next = NewSource();
    private long _value;

    /// <summary>0 before the first change.</summary>
    public long Value => Interlocked.Read(ref _value);

    /// <summary>Wakes everyone who waits.</summary>
    public long Advance()
    {
        var value = Interlocked.Increment(ref _value);
        Interlocked.Exchange(ref _next, NewSource()).SetResult();
        return value;
    }

    /// <summary>Returns as soon as the number is greater than <paramref name="seen"/>: at once when it is already.</summary>
    public async Task WaitAsync(long seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Taken before the number is compared: an advance in between completes this very task.
            var next = Volatile.Read(ref _next).Task;
            if (Value > seen)
                return;
            await next.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
