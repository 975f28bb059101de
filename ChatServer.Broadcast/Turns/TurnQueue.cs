namespace ChatServer.Broadcast.Turns;

/// <summary>
/// Runs the work of one owner in turns: at most one turn at a time, on a thread of the scheduler. What happens in turns needs no lock. Any
/// thread may post. An exception stays in its turn: the owner gets it, and the process and other owners are not affected.
/// </summary>
public sealed class TurnQueue(TurnScheduler scheduler) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private ITurnHandler? _handler;
    private List<Action> _actions = [];
    private List<Action> _spareActions = [];
    private int _scheduled;

    /// <summary>Sets the owner, once, and begins the first turn. Until then posted actions wait.</summary>
    public void Start(ITurnHandler handler)
    {
        Volatile.Write(ref _handler, handler);
        Schedule();
    }

    /// <summary>Runs <paramref name="action"/> at the beginning of the next turn, in the order of the posts.</summary>
    public void Post(Action action)
    {
        lock (_gate)
            _actions.Add(action);
        Schedule();
    }

    /// <summary>Returns the value of <paramref name="ask"/> in a turn. An exception goes to the caller, not to the turn.</summary>
    public Task<T> AskAsync<T>(Func<T> ask)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
        {
            try
            {
                answer.SetResult(ask());
            }
            catch (Exception e)
            {
                answer.SetException(e);
            }
        });
        return answer.Task;
    }

    /// <summary>Makes sure that a turn begins after this call.</summary>
    public void Schedule()
    {
        if (Volatile.Read(ref _handler) is not null && Interlocked.Exchange(ref _scheduled, 1) == 0)
            scheduler.Schedule(this);
    }

    void IThreadPoolWorkItem.Execute()
    {
        var handler = _handler!;
        foreach (var action in TakeActions())
            Run(action, handler);
        try
        {
            handler.RunTurn();
        }
        catch (Exception e)
        {
            handler.OnTurnFailed(e);
        }
        // Cleared before the check: work that is added after the check schedules a turn itself.
        Volatile.Write(ref _scheduled, 0);
        Interlocked.MemoryBarrier();
        if (HasActions || handler.HasWork)
            Schedule();
    }

    private bool HasActions
    {
        get
        {
            lock (_gate)
                return _actions.Count > 0;
        }
    }

    private static void Run(Action action, ITurnHandler handler)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            handler.OnTurnFailed(e);
        }
    }

    private List<Action> TakeActions()
    {
        lock (_gate)
        {
            (_actions, _spareActions) = (_spareActions, _actions);
            _actions.Clear();
            return _spareActions;
        }
    }
}
