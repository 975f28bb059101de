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
    private readonly SaidBefore _said;
    private readonly Action<Batch, int> _commit;
    private readonly Action<Batch, Item, long> _repeat;
    private readonly Action<Task<AppendResult>> _appended;
    private readonly CancellationToken _ct;
    private readonly List<(long Seq, Action<long, string?> Done)> _waiting = [];
    private long _next;
    private long _announced;
    private long _announcedInLog;
    private Batch? _inFlight;

    /// <param name="inbox">Where batches come from.</param>
    /// <param name="log">The log; null where the ring is the log.</param>
    /// <param name="time">The clock of the events.</param>
    /// <param name="seq">The log's newest sequence.</param>
    /// <param name="announced">Number of the newest announcement that the log has.</param>
    /// <param name="said">What the log has, by key.</param>
    /// <param name="commit">Called for each event of a batch that the log holds, in order.</param>
    /// <param name="repeat">Called for something in a batch that was said before, with its sequence.</param>
    /// <param name="appended">Called on any thread when an append is over; must lead to <see cref="Complete"/> in the room's turn.</param>
    /// <param name="ct">The room is given up.</param>
    public Sequencer(
        RoomInbox inbox, DurableLog? log, TimeProvider time, long seq, long announced, SaidBefore said,
        Action<Batch, int> commit, Action<Batch, Item, long> repeat, Action<Task<AppendResult>> appended, CancellationToken ct)
    {
        (_inbox, _log, _time, _said, _commit, _repeat, _appended, _ct) = (inbox, log, time, said, commit, repeat, appended, ct);
        Seq = _next = seq;
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
    public bool IsNews(long announcement)
    {
        if (announcement <= _announced)
            return false;
        _announced = announcement;
        return true;
    }

    /// <summary>Sequences the batch that waited longest, if the log lets it: members are sent to between two batches.</summary>
    public void Run()
    {
        if (IsAppending || !_inbox.TryTakeBatch(out var batch))
            return;
        Encode(batch);
        if (batch.Count == 0)
            RoomInbox.Return(batch);
        else if (_log is null)
            Commit(batch);
        else
            _ = AppendAsync(batch, Seq);
    }

    /// <summary>An append is over. True: the log holds it and the ring too.</summary>
    public bool Complete(Task<AppendResult> append)
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
        foreach (var (_, done) in _waiting)
            done(0, Contracts.RoomErrorCodes.Unavailable);
        _waiting.Clear();
    }

    private void Encode(Batch batch)
    {
        Span<byte> time = stackalloc byte[Events.TimeLength];
        Events.WriteTime(time, _time.GetUtcNow());
        var items = batch.Span;
        for (var i = 0; i < items.Length; i++)
        {
            ref readonly var item = ref items[i];
            if (item.Kind == ItemKind.Message)
            {
                if (!_said.TryAdd(item.Key, _next + 1, out var before))
                {
                    if (before <= Seq)
                        _repeat(batch, item, before);
                    else if (item.Done is { } done)
                        _waiting.Add((before, done));
                    continue;
                }
            }
            else
            {
                _announcedInLog = item.Announcement;
            }
            // Nobody in the room says an announcement.
            var user = item.Kind == ItemKind.Message ? item.User ?? item.Sender!.Seat!.EscapedName : [];
            batch.Encode(i, ++_next, time, user);
        }
        batch.NumberTraces();
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
        var append = _log!.AppendAsync(batch, baseSeq, _announcedInLog, available => _inbox.Refusing = !available, _ct);
        await ((Task)append).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _appended(append);
    }

    private void Commit(Batch batch)
    {
        var events = batch.EncodedEvents;
        for (var i = 0; i < events.Length; i++)
        {
            Seq = events[i].Seq;
            _commit(batch, i);
            batch.Item(events[i]).Done?.Invoke(Seq, null);
        }
        Messages += batch.Messages;
        RoomInbox.Return(batch);
        if (_waiting.Count > 0)
        {
            foreach (var (seq, done) in _waiting)
                done(seq, null);
            _waiting.Clear();
        }
    }

    private static void Fail(Batch batch)
    {
        foreach (ref readonly var item in batch.Span)
            item.Done?.Invoke(0, Contracts.RoomErrorCodes.Unavailable);
        foreach (var trace in batch.Traces)
            trace.Fail(Contracts.RoomErrorCodes.Unavailable);
        RoomInbox.Return(batch);
    }
}
