using System.Diagnostics;
using System.Globalization;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd.Abuse;

/// <summary>Two members that chat during an attack: Ann through a load balancer, Bob at the room's port.</summary>
internal sealed class Bystanders(RoomClient ann, RoomClient bob) : IAsyncDisposable
{
    private const int MinRounds = 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Each of them speaks every 20 ms and waits for the acknowledgement, until the attack is over. Then both must have received all of it,
    /// once and in order.
    /// </summary>
    public async Task<BystanderFigures> ChatUntilAsync(Task attack)
    {
        var latencies = new List<TimeSpan>();
        var texts = new List<string>();
        using var timer = new PeriodicTimer(Pause);
        while (!attack.IsCompleted || texts.Count < 2 * MinRounds)
        {
            foreach (var speaker in (RoomClient[])[ann, bob])
            {
                texts.Add($"{speaker.User} {texts.Count}");
                var start = Stopwatch.GetTimestamp();
                await speaker.SayAsync(texts[^1]);
                latencies.Add(Stopwatch.GetElapsedTime(start));
            }
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
        await attack;
        foreach (var reader in (RoomClient[])[ann, bob])
        {
            await Eventually.Async(
                () => TextsOf(reader).ToList(), received => received.Count >= texts.Count && received[^1] == texts[^1]);
            Assert.Equal(texts, TextsOf(reader));
            Assert.False(reader.HasEnded);
        }
        return new BystanderFigures(latencies);
    }

    public async ValueTask DisposeAsync()
    {
        await ann.DisposeAsync();
        await bob.DisposeAsync();
    }

    private IEnumerable<string> TextsOf(RoomClient reader) =>
        reader.Log.Where(e => e.Type == "message" && (e["uid"] == ann.Welcome["uid"] || e["uid"] == bob.Welcome["uid"]))
            .Select(e => e["text"]!);
}

/// <summary>How long the bystanders waited for their acknowledgements.</summary>
internal sealed record BystanderFigures(IReadOnlyList<TimeSpan> Latencies)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        var ordered = Latencies.Order().Select(latency => latency.TotalMilliseconds).ToList();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{ordered.Count} messages, p50 {ordered[ordered.Count / 2]:0.0} ms, p99 {ordered[ordered.Count * 99 / 100]:0.0} ms, "
            + $"max {ordered[^1]:0.0} ms");
    }
}
