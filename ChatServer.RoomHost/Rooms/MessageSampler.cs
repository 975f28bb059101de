using System.Diagnostics;
using ChatServer.Backplane;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Decides which messages are traced: one in <see cref="SampleOneIn"/>, and those whose sender supplied a trace context, within a rate.
/// If <paramref name="source"/> has no listener, it reads one field and does nothing else; otherwise a message that is not traced costs
/// one increment. Thread-safe.
/// </summary>
internal sealed class MessageSampler(ActivitySource source, TimeProvider time)
{
    /// <summary>Every so many messages of this process, one is traced without a request.</summary>
    public const int SampleOneIn = 1000;

    /// <summary>
    /// Messages per second and process that are traced because their sender requested it; the same number may come at once. A trace is some
    /// kilobytes to the collector: a client must not be able to cause more of them than this.
    /// </summary>
    public const int MaxRequestedPerSecond = 10;

    public static readonly MessageSampler Shared = new(Tracing.Source, TimeProvider.System);

    private readonly Lock _gate = new();
    private TokenBucket _requested = new(MaxRequestedPerSecond, MaxRequestedPerSecond);
    private long _messages;

    /// <summary>Starts the trace of a member's message, or returns null.</summary>
    /// <param name="room">Name of the room.</param>
    /// <param name="traceparent">What the client sent, if anything. Ignored if it is malformed, not sampled, or above the rate.</param>
    public MessageTrace? Sample(string room, ReadOnlySpan<byte> traceparent)
    {
        if (!source.HasListeners())
            return null;
        var isDue = Interlocked.Increment(ref _messages) % SampleOneIn == 0;
        if (!traceparent.IsEmpty && TraceContext.TryParse(traceparent, out var parent) && StartTrace(room, parent) is { } requested)
            return requested;
        return isDue ? MessageTrace.Start(source, room, default) : null;
    }

    /// <summary>Starts the trace of a message below <paramref name="parent"/>; null if that is not sampled, or above the rate.</summary>
    public MessageTrace? StartTrace(string room, ActivityContext parent)
    {
        if (!source.HasListeners() || !parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
            return null;
        lock (_gate)
        {
            if (!_requested.TryTake(time))
                return null;
        }
        return MessageTrace.Start(source, room, parent);
    }
}
