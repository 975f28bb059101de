using System.Diagnostics.CodeAnalysis;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// What is waiting for the room's next turn: things to do, and things said. Any thread may add; the turn takes everything at once.
/// </summary>
internal sealed class RoomInbox
{
    /// <summary>Full batches that may wait before more is refused: some seconds of Redis being away at a busy room's rate.</summary>
    private const int MaxWaitingBatches = 16;

    // Batches go round between all rooms of the process. The lock is taken once a batch, not once a message.
    private static readonly Stack<Batch> BatchPool = new();

    private readonly Lock _gate = new();
    private List<Action> _actions = [];
    private List<Action> _spareActions = [];
    private readonly Queue<Batch> _batches = [];
    private Batch? _filling;
    private volatile bool _refusesMessages;

    /// <summary>While set, nothing that a member says is taken: the log does not answer.</summary>
    public bool RefusesMessages
    {
        get => _refusesMessages;
        set => _refusesMessages = value;
    }

    public void Post(Action action)
    {
        lock (_gate)
            _actions.Add(action);
    }

    /// <summary>Takes something said. False when too much is waiting already: tell the sender that the room is unavailable.</summary>
    public bool TryStage(in BatchItem item, ReadOnlySpan<byte> id, ReadOnlySpan<byte> text, MessageTrace? trace = null)
    {
        if (_refusesMessages && item.Kind == BatchItemKind.Message)
            return false;
        lock (_gate)
        {
            if (_filling is not { IsFull: false })
            {
                if (_batches.Count >= MaxWaitingBatches && item.Kind == BatchItemKind.Message)
                    return false;
                _filling = RentBatch();
                _batches.Enqueue(_filling);
            }
            _filling.Add(item, id, text);
            if (trace is not null)
                _filling.Add(trace);
            return true;
        }
    }

    /// <summary>Takes what is to be done; the list is the caller's until it asks again.</summary>
    public List<Action> TakeActions()
    {
        lock (_gate)
        {
            (_actions, _spareActions) = (_spareActions, _actions);
            _actions.Clear();
            return _spareActions;
        }
    }

    /// <summary>Takes the oldest batch.</summary>
    public bool TryTakeBatch([NotNullWhen(true)] out Batch? batch)
    {
        lock (_gate)
        {
            if (!_batches.TryDequeue(out batch))
                return false;
            if (batch == _filling)
                _filling = null;
            return true;
        }
    }

    /// <summary>Whether something is there for a turn; <paramref name="batches"/>: whether batches count.</summary>
    public bool HasWork(bool batches)
    {
        lock (_gate)
            return _actions.Count > 0 || (batches && _batches.Count > 0);
    }

    /// <summary>Gives a batch back that is done with.</summary>
    public static void ReturnBatch(Batch batch)
    {
        batch.Reset();
        lock (BatchPool)
        {
            if (BatchPool.Count < 64)
                BatchPool.Push(batch);
        }
    }

    private static Batch RentBatch()
    {
        lock (BatchPool)
            return BatchPool.TryPop(out var batch) ? batch : new Batch();
    }
}
