using ChatServer.Broadcast.Turns;

namespace ChatServer.Tests.Broadcast.Turns;

public sealed class TurnQueueTests : ITurnHandler
{
    private readonly StepScheduler _scheduler = new();
    private readonly List<string> _done = [];
    private readonly TurnQueue _turns;
    private Exception? _turnError;
    private bool _hasWork;

    public TurnQueueTests()
    {
        _turns = new TurnQueue(_scheduler);
        _turns.Start(this);
        _scheduler.RunAll();
        _done.Clear();
    }

    bool ITurnHandler.HasWork => _hasWork;

    [Fact]
    public void Posted_actions_run_once_in_order_before_the_turn()
    {
        _turns.Post(() => _done.Add("one"));
        _turns.Post(() =>
        {
            _done.Add("two");
            _turns.Post(() => _done.Add("next turn"));
        });
        Assert.Equal(1, _scheduler.Count);
        _scheduler.RunAll();
        Assert.Equal(["one", "two", "turn", "next turn", "turn"], _done);
    }

    [Fact]
    public void Turn_is_scheduled_once_until_it_begins()
    {
        _turns.Schedule();
        _turns.Schedule();
        Assert.Equal(1, _scheduler.Count);
        _scheduler.RunAll();
        Assert.Equal(["turn"], _done);
    }

    [Fact]
    public void Remaining_work_gets_another_turn()
    {
        _hasWork = true;
        _turns.Schedule();
        _scheduler.RunOne();
        Assert.Equal(1, _scheduler.Count);
        _hasWork = false;
        _scheduler.RunAll();
        Assert.Equal(["turn", "turn"], _done);
    }

    [Fact]
    public void Failed_action_is_reported_and_the_others_run()
    {
        _turns.Post(() => throw new InvalidOperationException("broken"));
        _turns.Post(() => _done.Add("after"));
        _scheduler.RunAll();
        Assert.Equal(["broken", "after", "turn"], _done);
    }

    [Fact]
    public void Failed_turn_is_reported_and_the_next_turn_runs()
    {
        _turnError = new InvalidOperationException("broken");
        _turns.Schedule();
        _scheduler.RunAll();
        _turns.Post(() => _done.Add("later"));
        _scheduler.RunAll();
        Assert.Equal(["turn", "broken", "later", "turn"], _done);
    }

    [Fact]
    public void Actions_that_are_posted_before_the_start_run_in_the_first_turn()
    {
        var turns = new TurnQueue(_scheduler);
        turns.Post(() => _done.Add("early"));
        Assert.Equal(0, _scheduler.Count);
        turns.Start(this);
        _scheduler.RunAll();
        Assert.Equal(["early", "turn"], _done);
    }

    void ITurnHandler.RunTurn()
    {
        _done.Add("turn");
        var error = _turnError;
        _turnError = null;
        if (error is not null)
            throw error;
    }

    void ITurnHandler.OnTurnFailed(Exception error) => _done.Add(error.Message);

    /// <summary>Keeps scheduled turns until the test runs them.</summary>
    private sealed class StepScheduler : TurnScheduler
    {
        private readonly Queue<IThreadPoolWorkItem> _turns = [];

        public int Count => _turns.Count;

        public override void Schedule(IThreadPoolWorkItem turn) => _turns.Enqueue(turn);

        public void RunOne() => _turns.Dequeue().Execute();

        public void RunAll()
        {
            while (_turns.Count > 0)
                RunOne();
        }
    }
}
