using ChatServer.RoomHost.Sockets;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// A ring for each way to write a frame: plain, and compressed while somebody is here who reads that. An event is encoded once into
/// each, and a member is a cursor in one of them. What a member gets alone, its history included, is plain: everybody reads that.
/// </summary>
internal sealed partial class Room
{
    private RoomRing? _deflated;
    private Func<long>? _slowestDeflated;
    private int _deflating;

    // Adds an event for everyone; seq is 0 for one that is not in the log.
    private void Put(ReadOnlySpan<byte> json, long seq)
    {
        Ring.Append(json, seq, _slowest);
        if (_deflated is null)
            return;
        var frame = FrameDeflater.Deflate(json);
        if (frame.IsEmpty)
            _deflated.Append(json, seq, _slowestDeflated!);
        else
            _deflated.AppendFrame(frame, seq, _slowestDeflated!);
    }

    private void PutFrame(ReadOnlySpan<byte> frame)
    {
        Ring.AppendFrame(frame, 0, _slowest);
        _deflated?.AppendFrame(frame, 0, _slowestDeflated!);
    }

    private void Follow(Member member)
    {
        if (!member.Deflates)
            return;
        if (_deflating++ == 0)
        {
            var ring = _deflated = new RoomRing(Options.RoomBufferBytes, keepEvents: 0);
            _slowestDeflated = () => SlowestCursor(ring);
        }
        member.Ring = _deflated!;
    }

    private void Unfollow(Member member)
    {
        if (!member.Deflates || --_deflating > 0)
            return;
        _deflated!.Release();
        _deflated = null;
    }

    private long SlowestCursor(RoomRing ring)
    {
        var slowest = ring.Head;
        foreach (var member in _members.AsSpan(0, _count))
        {
            if (member.IsFollowing(ring))
                slowest = Math.Min(slowest, member.Cursor);
        }
        return slowest;
    }
}
