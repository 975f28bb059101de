using System.Diagnostics;

namespace ChatServer.Cli.Bench.Fanout;

/// <summary>
/// Sends messages at a fixed rate, independent of their echoes: one publisher after another, on its own thread. A late message is sent at
/// once, so the rate is kept.
/// </summary>
internal sealed class PublishScheduler : IDisposable
{
    private readonly IReadOnlyList<Publisher> _publishers;
    private readonly double _intervalTicks;
    private readonly Thread _thread;
    private volatile bool _stopped;
    private long _maxDelayTicks;

    private PublishScheduler(IReadOnlyList<Publisher> publishers, double perSecond)
    {
        _publishers = publishers;
        _intervalTicks = Stopwatch.Frequency / perSecond;
        _thread = new Thread(Run) { IsBackground = true, Name = "scheduler" };
    }

    /// <summary>Starts.</summary>
    public static PublishScheduler Start(IReadOnlyList<Publisher> publishers, double perSecond)
    {
        var scheduler = new PublishScheduler(publishers, perSecond);
        scheduler._thread.Start();
        return scheduler;
    }

    /// <summary>Maximum delay of a message, in milliseconds. A large value means that this machine cannot keep the rate.</summary>
    public double LatestMs => Volatile.Read(ref _maxDelayTicks) * 1000.0 / Stopwatch.Frequency;

    /// <summary>Stops; no message is sent after it.</summary>
    public void Stop()
    {
        _stopped = true;
        _thread.Join();
    }

    public void Dispose() => Stop();

    private void Run()
    {
        var start = Stopwatch.GetTimestamp();
        for (long n = 0; !_stopped;)
        {
            var due = start + (long)(n * _intervalTicks);
            var early = due - Stopwatch.GetTimestamp();
            if (early > 0)
            {
                // Sleeps at most one millisecond: precise enough, and even a very low rate stops at once.
                Thread.Sleep(Math.Clamp((int)(early * 1000 / Stopwatch.Frequency), 1, 50));
                continue;
            }
            Volatile.Write(ref _maxDelayTicks, Math.Max(_maxDelayTicks, -early));
            _publishers[(int)(n++ % _publishers.Count)].Publish();
        }
    }
}
