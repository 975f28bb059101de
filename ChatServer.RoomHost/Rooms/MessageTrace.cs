using System.Diagnostics;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// The spans of one traced message: <c>message.receive</c> from its frame to the first send, and below it <c>message.append</c> (the append
/// of its batch) and <c>message.send</c> (the send to the first socket). They contain no text, name, session or token.
/// </summary>
/// <remarks>Not thread-safe: first the thread that reads the socket uses it, then the room's turn.</remarks>
internal sealed class MessageTrace
{
    private readonly ActivitySource _source;
    private readonly Activity _receive;
    private Activity? _step;

    private MessageTrace(ActivitySource source, Activity receive) => (_source, _receive) = (source, receive);

    /// <summary>Index of the message in its batch.</summary>
    public int Index { get; set; }

    /// <summary>Sequence of the message; 0 until it has one.</summary>
    public long Seq { get; private set; }

    /// <summary>Starts the trace below <paramref name="parent"/>, or a new trace; null if it is not to be recorded.</summary>
    public static MessageTrace? Start(ActivitySource source, string room, ActivityContext parent)
    {
        if (Start(source, "message.receive", ActivityKind.Consumer, parent) is not { } receive)
            return null;
        if (receive.IsAllDataRequested)
            return new MessageTrace(source, receive.SetTag("chat.room", room));
        Stop(receive);
        return null;
    }

    /// <summary>The message got its sequence.</summary>
    public void SetSeq(long seq)
    {
        Seq = seq;
        _receive.SetTag("chat.seq", seq);
    }

    /// <summary>The append of the message's batch begins. Returns its span, the parent of the calls to Redis.</summary>
    public Activity? BeginAppend(int batchSize) => Begin("message.append", "chat.batch.size", batchSize);

    /// <summary>The log holds the message.</summary>
    public void EndAppend() => EndStep();

    /// <summary>The first of <paramref name="members"/> connections is sent the message.</summary>
    public void BeginSend(int members) => Begin("message.send", "chat.members", members);

    /// <summary>The message was sent, or there is no member.</summary>
    public void End()
    {
        EndStep();
        Stop(_receive);
    }

    /// <summary>The log has the message already.</summary>
    public void EndAsDuplicate()
    {
        _receive.SetTag("chat.repetition", true);
        End();
    }

    /// <summary>The message was refused with <paramref name="code"/>, one of <see cref="Contracts.RoomErrorCodes"/>.</summary>
    public void Fail(string code)
    {
        _receive.SetTag("error.type", code).SetStatus(ActivityStatusCode.Error);
        End();
    }

    private Activity? Begin(string name, string tag, int value)
    {
        _step = Start(_source, name, ActivityKind.Internal, _receive.Context)?.SetTag("chat.seq", Seq).SetTag(tag, value);
        return _step;
    }

    private void EndStep()
    {
        if (_step is { } step)
            Stop(step);
        _step = null;
    }

    // The current span is a property of the thread, which continues with other messages. Without a parent, StartActivity would use it.
    private static Activity? Start(ActivitySource source, string name, ActivityKind kind, ActivityContext parent)
    {
        var current = Activity.Current;
        Activity.Current = null;
        var started = source.StartActivity(name, kind, parent);
        Activity.Current = current;
        return started;
    }

    private static void Stop(Activity activity)
    {
        var current = Activity.Current;
        activity.Stop();
        Activity.Current = current;
    }
}
