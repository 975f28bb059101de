using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Rings;
using ChatServer.Broadcast.Turns;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Brings messages from the inbox to the members: has the next batch sequenced, appends it to the log in one call, and publishes its events
/// when the log holds them. While an append is in flight the next batch fills (group commit).
/// </summary>
/// <remarks>Only the room's turn uses it. <c>log</c> is null if the ring is the log; <c>abandoned</c> ends the appends.</remarks>
internal sealed class MessagePublisher(
    RoomInbox inbox, Sequencer sequencer, DurableLog? log, RoomHistory history, Broadcaster broadcaster, TimeProvider time,
    CancellationToken abandoned)
{
    private readonly TraceQueue _traces = new();
    private readonly DuplicateAnswers _duplicates = new(history, time);

    /// <summary>Whether an append is in flight. The next batch waits for its end.</summary>
    public bool IsAppending { get; private set; }

    /// <summary>Messages that were published.</summary>
    public long Messages { get; private set; }

    /// <summary>When events were last published: a timestamp.</summary>
    public long PublishedAt { get; private set; } = time.GetTimestamp();

    /// <summary>Raised when the log refused an append; null stands for a room that was given up.</summary>
    public event Action<RoomFailure?>? AppendFailed;

    /// <summary>Raised for each published message of a member.</summary>
    public event Action<Member>? MemberMessagePublished;

    /// <summary>Sequences the next batch, unless an append is in flight. Members are sent to between two batches.</summary>
    public void ProcessNextBatch()
    {
        if (IsAppending || sequencer.TakeNextBatch() is not { } batch)
            return;
        BatchMeter.OnTaken(batch);
        foreach (var (index, seq) in batch.Duplicates)
        {
            if (seq <= history.Seq)
                _duplicates.Answer(batch, batch.Items[index], seq);
        }
        SendRestrictions.Answer(batch);
        if (batch.Count == 0)
            RoomInbox.ReturnBatch(batch);
        else if (log is null)
            Publish(batch);
        else
            _ = AppendAsync(log, batch);
    }

    // :: Step 5: all members get the pending events.
    /// <summary>Sends what is pending to the members.</summary>
    public void Push()
    {
        _traces.PushFirst(broadcaster, history.Seq);
        broadcaster.Push();
    }

    /// <summary>Refuses all items that wait.</summary>
    public void Abandon()
    {
        while (inbox.TryTakeBatch(out var batch))
            Refuse(batch);
    }

    // :: Step 3: one append for all events of the batch.
    private async Task AppendAsync(DurableLog log, Batch batch)
    {
        IsAppending = true;
        TraceQueue.BeginAppend(batch);
        RoomFailure? failure = null;
        var isAppended = false;
        try
        {
            var result = await log.AppendAsync(
                batch, batch.FirstSeq - 1, sequencer.AnnouncedInLog, isAvailable => inbox.RefusesMessages = !isAvailable, abandoned);
            isAppended = result == AppendResult.Appended;
            failure = new RoomFailure(result, null);
        }
        catch (OperationCanceledException)
        {
            // The room is given up.
        }
        catch (Exception e)
        {
            failure = new RoomFailure(null, e);
        }
        broadcaster.Turns.Post(() =>
        {
            IsAppending = false;
            if (isAppended)
            {
                Publish(batch);
                return;
            }
            // Later batches are numbered as if the log held this one: none of them may follow.
            inbox.RefusesMessages = true;
            Refuse(batch);
            Abandon();
            AppendFailed?.Invoke(failure);
        });
    }

    // :: Step 4: the log holds the batch, so its events may be seen.
    private void Publish(Batch batch)
    {
        PublishedAt = time.GetTimestamp();
        _traces.Add(batch);
        foreach (ref readonly var e in batch.EncodedEvents)
        {
            ref readonly var item = ref batch.ItemOf(e);
            history.Seq = e.Seq;
            broadcaster.Append(batch.Json(e), e.Seq);
            item.Deletion?.Apply(broadcaster);
            item.OnLogged?.Invoke(e.Seq, null);
            if (item.Sender is { } sender)
            {
                sender.Sender.Acknowledge(item.Frame);
                MemberMessagePublished?.Invoke(sender);
            }
            // A batch can be larger than the ring: its events must not overtake members that keep up.
            if (broadcaster.PendingBytes > RingSubscribers.MaxPushBytes)
                Push();
        }
        foreach (var (index, seq) in batch.Duplicates)
        {
            if (seq < batch.FirstSeq)
                continue;
            batch.Items[index].OnLogged?.Invoke(seq, null);
            batch.Items[index].Sender?.Sender.Acknowledge(batch.Items[index].Frame);
        }
        Messages += batch.MessageCount;
        BatchMeter.OnPublished(batch);
        RoomInbox.ReturnBatch(batch);
    }

    private static void Refuse(Batch batch)
    {
        foreach (ref readonly var item in batch.Items)
            item.OnLogged?.Invoke(0, RoomErrorCodes.Unavailable);
        foreach (var trace in batch.Traces)
            trace.Fail(RoomErrorCodes.Unavailable);
        RoomInbox.ReturnBatch(batch);
    }
}
