using System.Diagnostics.CodeAnalysis;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Messages and announcements that wait for the room's sequencer, in batches. Any thread may add; the room's turn takes.</summary>
internal sealed class RoomInbox
{
    /// <summary>Full batches that may wait; more is refused. A busy room fills so many in the first seconds of a Redis outage.</summary>
    private const int MaxWaitingBatches = 16;

    private const int MaxPooledBatches = 64;

    // All rooms of the process share the batches. The lock is taken once for each batch, not for each message.
    private static readonly Stack<Batch> BatchPool = new();

    private readonly Lock _gate = new();
    private readonly Queue<Batch> _batches = [];
    private Batch? _filling;
    private volatile bool _refusesMessages;

    /// <summary>While set, messages are refused: the log does not answer. Announcements wait.</summary>
    public bool RefusesMessages
    {
        get => _refusesMessages;
        set => _refusesMessages = value;
    }

    /// <summary>Whether a batch waits.</summary>
    public bool HasBatches
    {
        get
        {
            lock (_gate)
                return _batches.Count > 0;
        }
    }

    // :: Step 2: into the batch that is filling.
    /// <summary>Adds an item; the bytes are copied. False if too much waits already: the room is unavailable for its sender.</summary>
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

    /// <summary>Takes the oldest batch. Nothing is added to it any more.</summary>
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

    /// <summary>Returns a batch to the pool.</summary>
    public static void ReturnBatch(Batch batch)
    {
        batch.Reset();
        lock (BatchPool)
        {
            if (BatchPool.Count < MaxPooledBatches)
                BatchPool.Push(batch);
        }
    }

    private static Batch RentBatch()
    {
        lock (BatchPool)
            return BatchPool.TryPop(out var batch) ? batch : new Batch();
    }
}
