namespace ChatServer.Cli.Sockets;

/// <summary>Joins many members, with limited concurrency.</summary>
internal static class ParallelJoins
{
    // Enough to keep a server busy, few enough for its listen backlog.
    private const int MaxParallelJoins = 64;

    /// <summary>
    /// Runs <paramref name="join"/> for 0 to <paramref name="count"/> - 1 and reports progress. The first failure cancels the others.
    /// </summary>
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
