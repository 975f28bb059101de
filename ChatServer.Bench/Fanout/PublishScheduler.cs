using System.Diagnostics;

namespace ChatServer.Bench.Fanout;

/// <summary>
/// Says messages at a rate, whatever becomes of them: one publisher after the other, on a thread of its own. A moment that was missed is
/// made up for at once, so the rate holds.
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

    /// <summary>Begins.</summary>
    public static PublishScheduler Start(IReadOnlyList<Publisher> publishers, double perSecond)
    {
        var scheduler = new PublishScheduler(publishers, perSecond);
        scheduler._thread.Start();
        return scheduler;
    }

    /// <summary>How late a message was said at most, in milliseconds: where it is not small, this machine cannot keep the rate.</summary>
    public double LatestMs => Volatile.Read(ref _maxDelayTicks) * 1000.0 / Stopwatch.Frequency;

    /// <summary>Ends; nothing is said after it.</summary>
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
                // A millisecond at a time: accurate enough, and a rate of one an hour still ends when it is told to.
                Thread.Sleep(Math.Clamp((int)(early * 1000 / Stopwatch.Frequency), 1, 50));
                continue;
            }
            Volatile.Write(ref _maxDelayTicks, Math.Max(_maxDelayTicks, -early));
            _publishers[(int)(n++ % _publishers.Count)].Publish();
        }
    }
}
