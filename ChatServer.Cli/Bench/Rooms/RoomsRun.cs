using System.Collections.Concurrent;
using System.Diagnostics;
using ChatServer.Cli.Deployment;
using ChatServer.Cli.Reports;
using ChatServer.Contracts;

namespace ChatServer.Cli.Bench.Rooms;

/// <summary>Parameters of a rooms run.</summary>
/// <param name="Rooms">Number of rooms.</param>
/// <param name="Parallel">Maximum number of concurrent creations.</param>
/// <param name="Options">Options of each room.</param>
/// <param name="ServerPid">Process id of the RoomHost, if it runs on this machine.</param>
internal sealed record RoomsPlan(int Rooms, int Parallel, RoomOptions Options, int? ServerPid);

/// <summary>
/// Creates rooms, requests the name of each from its port, as a client would, and deletes the rooms if there is an Admin.
/// </summary>
internal sealed class RoomsRun(RoomsPlan plan, ApiClient api, ApiClient? admin, IPhases phases)
{
    private readonly string _prefix = $"bench-{Random.Shared.Next():x8}";
    private readonly ConcurrentBag<string> _created = [];

    public async Task<RoomsReport> RunAsync(CancellationToken ct)
    {
        var before = ProcessSample.Of(plan.ServerPid);
        try
        {
            var milliseconds = new double[plan.Rooms];
            var watch = Stopwatch.StartNew();
            await EachAsync("creating", plan.Rooms, async (i, ct) =>
            {
                var start = Stopwatch.GetTimestamp();
                await api.CreateAsync(Name(i), plan.Options, ct);
                milliseconds[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                _created.Add(Name(i));
            }, ct);
            var seconds = watch.Elapsed.TotalSeconds;
            var after = ProcessSample.Of(plan.ServerPid);
            return new RoomsReport
            {
                Rooms = plan.Rooms,
                Parallel = plan.Parallel,
                Seconds = seconds,
                RoomsPerSecond = plan.Rooms / seconds,
                AnswerMs = AnswerTimes.Of(milliseconds),
                FirstTenthMs = AnswerTimes.Of(milliseconds[..TenthOf(plan.Rooms)]),
                LastTenthMs = AnswerTimes.Of(milliseconds[^TenthOf(plan.Rooms)..]),
                RssBytes = after?.RssBytes,
                BytesEach = (double?)(after?.RssBytes - before?.RssBytes) / plan.Rooms,
                Wrong = await CountMissingAsync(ct),
            };
        }
        finally
        {
            if (admin is not null)
            {
                var names = _created.ToArray();
                await EachAsync("deleting", names.Length, (i, ct) => admin.DeleteAsync(names[i], ct), CancellationToken.None);
            }
        }
    }

    private string Name(int number) => $"{_prefix}-{number}";

    private static int TenthOf(int rooms) => Math.Max(1, rooms / 10);

    private async Task<int> CountMissingAsync(CancellationToken ct)
    {
        using var http = new HttpClient();
        var wrong = 0;
        await EachAsync("asking each for its name", plan.Rooms, async (i, ct) =>
        {
            var room = await api.DescribeAsync(Name(i), ct);
            var url = new UriBuilder(RoomUrls.Direct(room.Host, room.Port)) { Scheme = Uri.UriSchemeHttp }.Uri;
            if (!await ExistsAsync(http, url, Name(i), ct))
                Interlocked.Increment(ref wrong);
        }, ct);
        return wrong;
    }

    private static async Task<bool> ExistsAsync(HttpClient http, Uri url, string name, CancellationToken ct)
    {
        try
        {
            return await http.GetStringAsync(url, ct) == name;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task EachAsync(string what, int count, Func<int, CancellationToken, Task> act, CancellationToken ct)
    {
        using var phase = phases.Begin($"{what}, {count} rooms", Math.Max(1, count));
        var done = 0;
        var options = new ParallelOptions { MaxDegreeOfParallelism = plan.Parallel, CancellationToken = ct };
        await Parallel.ForEachAsync(Enumerable.Range(0, count), options, async (i, ct) =>
        {
            await act(i, ct);
            phase.Report(Interlocked.Increment(ref done));
        });
    }
}
