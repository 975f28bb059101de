namespace ChatServer.RoomHost.Rooms;

/// <summary>The first send of messages that are traced (<see cref="MessageSampler"/>).</summary>
internal sealed partial class Room
{
    // Traced, logged, and not sent yet: empty nearly always.
    private readonly List<MessageTrace> _unsent = [];

    private void TakeTraces(Batch batch)
    {
        foreach (var trace in batch.Traces)
            trace.EndAppend();
        _unsent.AddRange(batch.Traces);
    }

    // :: Step 4, for a traced message: the first send by itself, so that it can be timed. The other members follow as usual.
    private void PushFirst()
    {
        // Of a batch that is larger than the ring, the later messages are not in the ring yet.
        var ready = _unsent.FindAll(trace => trace.Seq <= Seq);
        _unsent.RemoveAll(trace => trace.Seq <= Seq);
        if (_count > 0)
        {
            foreach (var trace in ready)
                trace.BeginSend(_count);
            (_speakers.Find(speaker => speaker.Place >= 0) ?? _members[0]).Push();
        }
        foreach (var trace in ready)
            trace.End();
    }
}
