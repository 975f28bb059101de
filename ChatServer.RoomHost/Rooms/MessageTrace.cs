using System.Diagnostics;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// The spans of one message that is traced: <c>message.receive</c> from its frame to the first send, and below it <c>message.append</c>
/// (its batch is on its way to the log in Redis) and <c>message.send</c> (the first socket is sent to). They hold no text, name, session or
/// token.
/// </summary>
/// <remarks>Not thread-safe: the message is with one thread at a time, from the thread that reads the socket to the room's turn.</remarks>
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

    /// <summary>The message has its place in the log to be.</summary>
    public void SetSeq(long seq)
    {
        Seq = seq;
        _receive.SetTag("chat.seq", seq);
    }

    /// <summary>The batch of the message is appended to the log. Returns the span, for what the append calls.</summary>
    public Activity? BeginAppend(int batchSize) => Begin("message.append", "chat.batch.size", batchSize);

    /// <summary>The log holds the message.</summary>
    public void EndAppend() => EndStep();

    /// <summary>The first of <paramref name="members"/> connections is sent the message.</summary>
    public void BeginSend(int members) => Begin("message.send", "chat.members", members);

    /// <summary>The message was sent, or nobody is there to be sent to.</summary>
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

    // The current span belongs to the thread, which goes on to other messages. Without a parent, StartActivity would take the current span.
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
