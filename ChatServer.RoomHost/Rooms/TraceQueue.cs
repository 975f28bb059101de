using System.Diagnostics;
using ChatServer.Broadcast.Members;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Traced messages that are in the log and not sent yet (<see cref="MessageSampler"/>). Nearly always empty.</summary>
internal sealed class TraceQueue
{
    private readonly List<MessageTrace> _traces = [];

    /// <summary>The append of a batch begins.</summary>
    public static void BeginAppend(Batch batch)
    {
        for (var i = 0; i < batch.Traces.Count; i++)
        {
            var span = batch.Traces[i].BeginAppend(batch.Count);
            // The calls to Redis are below the span of the first message. The caller's async method restores the current span.
            if (i == 0)
                Activity.Current = span;
        }
    }

    /// <summary>The log holds the messages of the batch.</summary>
    public void Add(Batch batch)
    {
        if (batch.Traces.Count == 0)
            return;
        foreach (var trace in batch.Traces)
            trace.EndAppend();
        _traces.AddRange(batch.Traces);
    }

    /// <summary>
    /// Sends the traced messages up to <paramref name="seq"/> to one member, and measures that. The other members follow.
    /// </summary>
    public void PushFirst(Broadcaster broadcaster, long seq)
    {
        if (_traces.Count == 0)
            return;
        var ready = _traces.FindAll(trace => trace.Seq <= seq);
        _traces.RemoveAll(trace => trace.Seq <= seq);
        if (broadcaster.Count > 0)
        {
            foreach (var trace in ready)
                trace.BeginSend(broadcaster.Count);
            broadcaster.PushOne();
        }
        foreach (var trace in ready)
            trace.End();
    }
}
