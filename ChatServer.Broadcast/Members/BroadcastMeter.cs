using ChatServer.Broadcast.Rings;
using ChatServer.Metrics;

namespace ChatServer.Broadcast.Members;

/// <summary>Measures the broadcasts of one room, once for each push: the cost of a delivery does not change.</summary>
/// <remarks>Only turns use it, except for <see cref="Lag"/>.</remarks>
internal sealed class BroadcastMeter
{
    private long _plainUpTo, _deflatedUpTo; // counted so far
    private long _lag;

    /// <summary>Frames that were added since the last push.</summary>
    public int Frames { get; set; }

    /// <summary>Bytes that the slowest member was behind after the last push. May be read on any thread.</summary>
    public long Lag => Volatile.Read(ref _lag);

    /// <summary>The bytes in the rings were sent to all members that keep up.</summary>
    public void OnPush(FrameRing plain, int plainMembers, FrameRing? deflated, int deflatingMembers, IndividualMembers individual)
    {
        if (Frames > 0)
        {
            ConnectionMetrics.Deliveries.Add((long)Frames * (plainMembers + deflatingMembers));
            Frames = 0;
        }
        var bytes = (plain.Head - _plainUpTo) * plainMembers;
        _plainUpTo = plain.Head;
        if (deflated is not null)
        {
            // A ring that is new begins at 0.
            bytes += (deflated.Head - Math.Min(_deflatedUpTo, deflated.Head)) * deflatingMembers;
            _deflatedUpTo = deflated.Head;
        }
        if (bytes > 0)
            ConnectionMetrics.Sent.Add(bytes);
        var lag = Math.Max(
            plain.Head - individual.OldestNeeded(plain), deflated is null ? 0 : deflated.Head - individual.OldestNeeded(deflated));
        Volatile.Write(ref _lag, lag);
    }
}
