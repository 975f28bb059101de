namespace ChatServer.RoomHost.Rooms;

/// <summary>The first send of messages that are traced (<see cref="MessageSampler"/>).</summary>
internal sealed partial class Room
{
    // Traced, logged, and not sent yet: empty nearly always.
    private readonly List<MessageTrace> _unsentTraces = [];

    private void QueueTraces(Batch batch)
    {
        foreach (var trace in batch.Traces)
            trace.EndAppend();
        _unsentTraces.AddRange(batch.Traces);
    }

    // :: Step 4, for a traced message: the first send by itself, so that it can be timed. The other members follow as usual.
    private void PushTracedMessages()
    {
        // Of a batch that is larger than the ring, the later messages are not in the ring yet.
        var ready = _unsentTraces.FindAll(trace => trace.Seq <= Seq);
        _unsentTraces.RemoveAll(trace => trace.Seq <= Seq);
        if (_memberCount > 0)
        {
            foreach (var trace in ready)
                trace.BeginSend(_memberCount);
            (_senders.Find(speaker => speaker.SubscriberIndex >= 0) ?? _members[0]).Push();
        }
        foreach (var trace in ready)
            trace.End();
    }
}
