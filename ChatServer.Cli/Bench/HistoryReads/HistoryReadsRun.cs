using System.Diagnostics;
using ChatServer.Cli.Bench.Fanout;
using ChatServer.Cli.Deployment;
using ChatServer.Cli.Drill.Deployments;
using ChatServer.Cli.Reports;
using ChatServer.Cli.Sockets;
using ChatServer.Contracts;

namespace ChatServer.Cli.Bench.HistoryReads;

/// <summary>Parameters of the run.</summary>
/// <param name="Events">Number of events in the history, each with the largest text.</param>
/// <param name="Connections">Number of handshakes in one wave.</param>
/// <param name="Duration">Duration of the attack.</param>
/// <param name="MaxEchoMs">Maximum echo latency on the other host, in milliseconds.</param>
/// <param name="MaxRedisBytes">Maximum resident memory of Redis, in bytes.</param>
internal sealed record HistoryReadsPlan(int Events, int Connections, TimeSpan Duration, double MaxEchoMs, long MaxRedisBytes);

/// <summary>
/// Clients without a key request the whole history of a room in waves of handshakes, and reset each connection at once. A member of a room
/// on the other host measures the time until its own messages arrive.
/// </summary>
internal sealed class HistoryReadsRun(HistoryReadsPlan plan, IDeployment deployment, IPhases phases)
{
    // A control character has six bytes in JSON: 24 KB per event.
    private static readonly string Text = new('\u0001', Limits.MaxTextLength);
    private const int EscapedBytes = 6;

    private const int ConcurrentPosts = 8;

    private static readonly TimeSpan BeforeAndAfter = TimeSpan.FromSeconds(5);

    // Several reports of a host.
    private static readonly TimeSpan LoadTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LoadInterval = TimeSpan.FromMilliseconds(200);

    private readonly string _run = $"{Guid.NewGuid():N}";

    /// <exception cref="CliException">The deployment does not support the run.</exception>
    public async Task<HistoryReadsReport> RunAsync(CancellationToken ct)
    {
        string attacked = $"attacked-{_run}", watched = $"watched-{_run}";
        try
        {
            await deployment.Api.CreateAsync(attacked, new RoomOptions { History = plan.Events, IdleTimeoutSeconds = 600 }, ct);
            await deployment.Api.CreateAsync(watched, new RoomOptions { IdleTimeoutSeconds = 600 }, ct);
            await RequireTwoHostsAsync(ct);
            await FillAsync(attacked, ct);
            return await MeasureAsync(await FindPortAsync(attacked, ct), await FindPortAsync(watched, ct), ct);
        }
        finally
        {
            if (deployment.Admin is { } admin)
            {
                await admin.DeleteAsync(attacked, CancellationToken.None);
                await admin.DeleteAsync(watched, CancellationToken.None);
            }
        }
    }

    private async Task<HistoryReadsReport> MeasureAsync(RoomConnector attacked, RoomConnector watched, CancellationToken ct)
    {
        var memory = new MemoryWatch([.. deployment.Processes(ServerRole.Redis), .. deployment.Processes(ServerRole.RoomHost)]);
        var (before, _, missingBefore) = await ProbeAsync("echoes before", watched, BeforeAndAfter, ct);
        await memory.BeginAsync(ct);

        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        end.CancelAfter(plan.Duration);
        var watching = memory.RunAsync(end.Token);
        var attacking = AttackAsync(attacked, end.Token);
        var (during, sent, missing) = await ProbeAsync("attack", watched, plan.Duration, ct);
        var (handshakes, refused) = await attacking;
        await watching;
        ct.ThrowIfCancellationRequested();

        await Task.Delay(BeforeAndAfter, ct);
        return new HistoryReadsReport
        {
            HistoryBytes = (long)plan.Events * Text.Length * EscapedBytes,
            Handshakes = handshakes,
            Refused = refused,
            EchoBefore = before,
            EchoDuring = during,
            Sent = sent,
            Missing = missing + missingBefore,
            Memory = await memory.EndAsync(ct),
            MaxEchoMs = plan.MaxEchoMs,
            MaxRedisBytes = plan.MaxRedisBytes,
        };
    }

    private async Task<(LatencyReport Latencies, int Sent, int Missing)> ProbeAsync(
        string name, RoomConnector room, TimeSpan duration, CancellationToken ct)
    {
        using var phase = phases.Begin(name, 1);
        using var probe = new EchoProbe();
        await probe.JoinAsync(room, ct);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        end.CancelAfter(duration);
        return await probe.RunAsync(end.Token);
    }

    private async Task<(int Handshakes, int Refused)> AttackAsync(RoomConnector room, CancellationToken until)
    {
        int handshakes = 0, refused = 0;
        while (!until.IsCancellationRequested)
        {
            var accepted = await Task.WhenAll(Enumerable.Range(0, plan.Connections).Select(number => ResetAsync(room, number, until)));
            handshakes += accepted.Count(wasAccepted => wasAccepted);
            refused += accepted.Count(wasAccepted => !wasAccepted);
        }
        return (handshakes, refused);
    }

    private async Task<bool> ResetAsync(RoomConnector room, int number, CancellationToken until)
    {
        try
        {
            var (joined, _) = await room.TryJoinAsync(number, $"history={plan.Events}", IgnoredFrames.Instance, bufferBytes: 64, until);
            joined?.Reset();
            return joined is not null;
        }
        catch (Exception e) when (e is CliException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task FillAsync(string room, CancellationToken ct)
    {
        using var phase = phases.Begin("filling the history", plan.Events);
        var posted = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, plan.Events),
            new ParallelOptions { MaxDegreeOfParallelism = ConcurrentPosts, CancellationToken = ct },
            async (_, ct) =>
            {
                await deployment.Api.PostAsync(room, new SayRequest("filler", Text), ct);
                phase.Report(Interlocked.Increment(ref posted));
            });
    }

    private async Task RequireTwoHostsAsync(CancellationToken ct)
    {
        if (deployment.Admin is not { } admin)
            throw new CliException("The run needs the Admin: --admin.");
        // A host reports its rooms with its lease, so the numbers are late.
        var deadline = Stopwatch.StartNew();
        IReadOnlyList<int> rooms;
        while ((rooms = [.. (await admin.LoadAsync(ct)).Hosts.Select(host => host.Rooms).Order()]) is not [1, 1])
        {
            if (deadline.Elapsed > LoadTimeout)
            {
                throw new CliException(
                    "The run needs a deployment with two RoomHosts and without other rooms. " +
                    $"The hosts have this many rooms: {string.Join(", ", rooms)}.");
            }
            await Task.Delay(LoadInterval, ct);
        }
    }

    private async Task<RoomConnector> FindPortAsync(string name, CancellationToken ct)
    {
        var room = await deployment.Api.DescribeAsync(name, ct);
        return new RoomConnector(await RoomAddress.ResolveAsync(RoomUrls.Direct(room.Host, room.Port), ct));
    }

    private sealed class IgnoredFrames : IRoomSocketHandler
    {
        public static IgnoredFrames Instance { get; } = new();

        public void OnText(ReadOnlySpan<byte> text)
        {
        }

        public void OnIdle()
        {
        }

        public void OnClosed(int code, string why)
        {
        }
    }
}
