namespace ChatServer.Bench.Sockets;

/// <summary>Many joins, some at a time.</summary>
internal static class ParallelJoins
{
    // Enough to keep a server busy, few enough that none waits long in its backlog.
    private const int MaxParallelJoins = 64;

    /// <summary>Runs <paramref name="join"/> for 0 to <paramref name="count"/> - 1, telling how many are done. The first that fails ends all.</summary>
    public static async Task AllAsync(int count, Func<int, CancellationToken, Task> join, Action<int> progress, CancellationToken ct)
    {
        var done = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = MaxParallelJoins, CancellationToken = ct }, async (number, ct) =>
        {
            await join(number, ct);
            progress(Interlocked.Increment(ref done));
        });
    }
}
