namespace ChatServer.Broadcast.Turns;

/// <summary>Causes a turn at a time. One timer serves all reasons: it fires at the earliest, and the turn does what is due.</summary>
/// <remarks>Holds no timer until the first use. Only turns call <see cref="EnsureWithin"/>.</remarks>
public sealed class TurnTimer(TurnQueue turns, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan MinDelay = TimeSpan.FromMilliseconds(10);

    private ITimer? _timer;
    private long _dueAt; // 0 if the timer is not set

    /// <summary>Makes sure that a turn begins within <paramref name="delay"/>, at least <see cref="MinDelay"/>.</summary>
    public void EnsureWithin(TimeSpan delay)
    {
        delay = delay > MinDelay ? delay : MinDelay;
        var at = time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);
        // A timer that fires early enough stays: to change it costs more than an idle turn.
        if (Volatile.Read(ref _dueAt) is not 0 and var dueAt && dueAt <= at)
            return;
        Volatile.Write(ref _dueAt, at);
        _timer ??= time.CreateTimer(
            static timer => ((TurnTimer)timer!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The shorter of two delays; null stands for never.</summary>
    public static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other ?? one : one;

    public void Dispose() => _timer?.Dispose();

    // Cleared before the turn: a turn that comes too early sets the timer again. Posted, not only scheduled: a turn that is about to end
    // has read the clock already, and without an action no turn would follow it.
    private void OnTimer()
    {
        Volatile.Write(ref _dueAt, 0);
        turns.Post(static () => { });
    }
}
