using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Rings;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// A ring for each way to write a frame: plain, and compressed while somebody is here who reads that. An event is encoded once into
/// each, and a member is a cursor in one of them. What a member gets alone, its history included, is plain: everybody reads that.
/// </summary>
internal sealed partial class Room
{
    private readonly RingSubscribers _plainSubscribers;
    private RingSubscribers? _deflatedSubscribers;
    private Func<long>? _slowestDeflated;
    private int _deflatingMembers;

    // Adds an event for everyone; seq is 0 for one that is not in the log.
    private void AppendEvent(ReadOnlySpan<byte> json, long seq)
    {
        Ring.Append(json, seq, _slowestPlain);
        if (_deflatedSubscribers is null)
            return;
        var frame = FrameDeflater.Deflate(json);
        if (frame.IsEmpty)
            _deflatedSubscribers.Ring.Append(json, seq, _slowestDeflated!);
        else
            _deflatedSubscribers.Ring.AppendFrame(frame, seq, _slowestDeflated!);
    }

    private void AppendFrame(ReadOnlySpan<byte> frame)
    {
        Ring.AppendFrame(frame, 0, _slowestPlain);
        _deflatedSubscribers?.Ring.AppendFrame(frame, 0, _slowestDeflated!);
    }

    // Gives a newcomer the ring that it reads.
    private void AssignRing(Member member)
    {
        if (!member.UsesDeflate)
        {
            member.Subscribers = _plainSubscribers;
            return;
        }
        if (_deflatingMembers++ == 0)
        {
            var followers = _deflatedSubscribers = new RingSubscribers(new FrameRing(Options.RoomBufferBytes, keepEvents: 0));
            _slowestDeflated = () => SlowestCursor(followers);
        }
        member.Subscribers = _deflatedSubscribers!;
    }

    private void ReleaseRing(Member member)
    {
        if (!member.UsesDeflate || --_deflatingMembers > 0)
            return;
        _deflatedSubscribers!.Ring.Release();
        _deflatedSubscribers = null;
    }

    private long SlowestCursor(RingSubscribers followers)
    {
        var slowest = followers.SlowestCursor;
        foreach (var member in _individuallyServed)
            slowest = Math.Min(slowest, member.OldestNeeded(followers.Ring));
        return slowest;
    }
}
