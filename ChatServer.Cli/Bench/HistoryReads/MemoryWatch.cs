using ChatServer.Cli.Deployment;
using ChatServer.Cli.Drill.Deployments;

namespace ChatServer.Cli.Bench.HistoryReads;

/// <summary>Resident memory of processes, sampled at a fixed interval.</summary>
internal sealed class MemoryWatch(IReadOnlyList<IServerProcess> processes)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<IServerProcess, (long Before, long Peak)> _samples = [];

    /// <summary>Takes the first sample.</summary>
    public async Task BeginAsync(CancellationToken ct)
    {
        foreach (var process in processes)
        {
            var rss = await RssAsync(process, ct);
            _samples[process] = (rss, rss);
        }
    }

    /// <summary>Samples until <paramref name="until"/>.</summary>
    public async Task RunAsync(CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            foreach (var process in processes)
            {
                var (before, peak) = _samples[process];
                _samples[process] = (before, Math.Max(peak, await RssAsync(process, CancellationToken.None)));
            }
            await Task.Delay(Interval, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes the last sample.</summary>
    public async Task<IReadOnlyList<MemoryUse>> EndAsync(CancellationToken ct)
    {
        var uses = new List<MemoryUse>();
        foreach (var process in processes)
            uses.Add(new MemoryUse(process.Name, _samples[process].Before, _samples[process].Peak, await RssAsync(process, ct)));
        return uses;
    }

    private static async Task<long> RssAsync(IServerProcess process, CancellationToken ct) =>
        ProcessSample.Of(await process.ReadIdAsync(ct))!.RssBytes;
}

/// <summary>Resident memory of a process, in bytes.</summary>
/// <param name="Name">Name of the process.</param>
/// <param name="Before">Before the attack.</param>
/// <param name="Peak">Maximum during the attack.</param>
/// <param name="After">Some seconds after the attack.</param>
internal sealed record MemoryUse(string Name, long Before, long Peak, long After);
