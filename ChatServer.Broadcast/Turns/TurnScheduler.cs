namespace ChatServer.Broadcast.Turns;

/// <summary>Runs turns on some thread. Replace it to run turns in a chosen order.</summary>
public abstract class TurnScheduler
{
    /// <summary>Runs turns on the thread pool.</summary>
    public static TurnScheduler ThreadPool { get; } = new ThreadPoolScheduler();

    /// <summary>Runs <paramref name="turn"/> once, soon, on another thread or after the caller returned.</summary>
    public abstract void Schedule(IThreadPoolWorkItem turn);

    private sealed class ThreadPoolScheduler : TurnScheduler
    {
        public override void Schedule(IThreadPoolWorkItem turn) =>
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(turn, preferLocal: false);
    }
}
