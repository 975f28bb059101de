using System.Diagnostics;
using ChatServer.Backplane;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Gives every event its place: numbers what was said, appends it to the log, and only then puts it into the ring. While an append
/// is on its way the next batch fills. Only the room's own turn calls it.
/// </summary>
internal sealed class Sequencer
{
    private readonly RoomInbox _inbox;
    private readonly DurableLog? _log;
    private readonly TimeProvider _time;
    private readonly DedupeWindow _dedupe;
    private readonly Action<Batch, int> _onCommitted;
    private readonly Action<Batch, BatchItem, long> _onDuplicate;
    private readonly Action<Task<AppendResult>> _onAppended;
    private readonly CancellationToken _ct;
    private readonly List<(long Seq, Action<long, string?> Done)> _duplicatesInFlight = [];
    private long _lastNumbered;
    private long _announced;
    private long _announcedInLog;
    private Batch? _inFlight;

    /// <param name="inbox">Where batches come from.</param>
    /// <param name="log">The log; null where the ring is the log.</param>
    /// <param name="time">The clock of the events.</param>
    /// <param name="seq">The log's newest sequence.</param>
    /// <param name="announced">Number of the newest announcement that the log has.</param>
    /// <param name="dedupe">What the log has, by key.</param>
    /// <param name="onCommitted">Called for each event of a batch that the log holds, in order.</param>
    /// <param name="onDuplicate">Called for something in a batch that was said before, with its sequence.</param>
    /// <param name="onAppended">Called on any thread when an append is over; must lead to <see cref="CompleteAppend"/> in the room's
    /// turn.</param>
    /// <param name="ct">The room is given up.</param>
    public Sequencer(
        RoomInbox inbox, DurableLog? log, TimeProvider time, long seq, long announced, DedupeWindow dedupe,
        Action<Batch, int> onCommitted, Action<Batch, BatchItem, long> onDuplicate, Action<Task<AppendResult>> onAppended,
            CancellationToken ct)
    {
        (_inbox, _log, _time, _dedupe, _onCommitted, _onDuplicate, _onAppended, _ct) = (inbox, log, time, dedupe, onCommitted, onDuplicate,
            onAppended, ct);
        Seq = _lastNumbered = seq;
        _announced = _announcedInLog = announced;
    }

    /// <summary>Sequence of the newest event that the log holds.</summary>
    public long Seq { get; private set; }

    /// <summary>Number of the newest announcement that this room has had or is about to have.</summary>
    public long Announced => _announced;

    /// <summary>Messages put into the log by this host.</summary>
    public long Messages { get; private set; }

    /// <summary>Whether a batch is on its way: until it is back, nothing else is sequenced.</summary>
    public bool IsAppending => _inFlight is not null;

    /// <summary>Whether an announcement is new to this room; from then on it is not.</summary>
    public bool TryAcceptAnnouncement(long announcement)
    {
        if (announcement <= _announced)
            return false;
        _announced = announcement;
        return true;
    }

    /// <summary>Sequences the batch that waited longest, if the log lets it: members are sent to between two batches.</summary>
    public void SequenceNextBatch()
    {
        if (IsAppending || !_inbox.TryTakeBatch(out var batch))
            return;
        Encode(batch);
        if (batch.Count == 0)
            RoomInbox.ReturnBatch(batch);
        else if (_log is null)
            Commit(batch);
        else
            _ = AppendAsync(batch, Seq);
    }

    /// <summary>An append is over. True: the log holds it and the ring too.</summary>
    public bool CompleteAppend(Task<AppendResult> append)
    {
        var batch = _inFlight!;
        _inFlight = null;
        if (append is { IsCompletedSuccessfully: true, Result: AppendResult.Appended })
        {
            Commit(batch);
            return true;
        }
        Fail(batch);
        return false;
    }

    /// <summary>Tells everyone who waits for an answer that there will be none.</summary>
    public void Abandon()
    {
        while (_inbox.TryTakeBatch(out var batch))
            Fail(batch);
        foreach (var (_, done) in _duplicatesInFlight)
            done(0, Contracts.RoomErrorCodes.Unavailable);
        _duplicatesInFlight.Clear();
    }

    private void Encode(Batch batch)
    {
        Span<byte> time = stackalloc byte[EventJson.TimeBytes];
        EventJson.WriteTime(time, _time.GetUtcNow());
        var items = batch.Items;
        for (var i = 0; i < items.Length; i++)
        {
            ref readonly var item = ref items[i];
            if (item.Kind == BatchItemKind.Message)
            {
                if (!_dedupe.TryAdd(item.Key, _lastNumbered + 1, out var before))
                {
                    if (before <= Seq)
                        _onDuplicate(batch, item, before);
                    else if (item.OnLogged is { } done)
                        _duplicatesInFlight.Add((before, done));
                    continue;
                }
            }
            else
            {
                _announcedInLog = item.Announcement;
            }
            // Nobody in the room says an announcement.
            var user = item.Kind == BatchItemKind.Message ? item.User ?? item.Sender!.Seat!.EscapedName : [];
            batch.Encode(i, ++_lastNumbered, time, user);
        }
        batch.SetTraceSeqs();
    }

    private async Task AppendAsync(Batch batch, long baseSeq)
    {
        _inFlight = batch;
        for (var i = 0; i < batch.Traces.Count; i++)
        {
            var span = batch.Traces[i].BeginAppend(batch.Count);
            // The calls to Redis are below the span of the first message. The assignment ends with this method: its caller does not see it.
            if (i == 0)
                Activity.Current = span;
        }
        var append = _log!.AppendAsync(batch, baseSeq, _announcedInLog, available => _inbox.RefusesMessages = !available, _ct);
        await ((Task)append).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _onAppended(append);
    }

    private void Commit(Batch batch)
    {
        var events = batch.EncodedEvents;
        for (var i = 0; i < events.Length; i++)
        {
            Seq = events[i].Seq;
            _onCommitted(batch, i);
            batch.ItemOf(events[i]).OnLogged?.Invoke(Seq, null);
        }
        Messages += batch.MessageCount;
        RoomInbox.ReturnBatch(batch);
        if (_duplicatesInFlight.Count > 0)
        {
            foreach (var (seq, done) in _duplicatesInFlight)
                done(seq, null);
            _duplicatesInFlight.Clear();
        }
    }

    private static void Fail(Batch batch)
    {
        foreach (ref readonly var item in batch.Items)
            item.OnLogged?.Invoke(0, Contracts.RoomErrorCodes.Unavailable);
        foreach (var trace in batch.Traces)
            trace.Fail(Contracts.RoomErrorCodes.Unavailable);
        RoomInbox.ReturnBatch(batch);
    }
}
