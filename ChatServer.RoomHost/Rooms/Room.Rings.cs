using ChatServer.RoomHost.Sockets;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// A ring for each way to write a frame: plain, and compressed while somebody is here who reads that. An event is encoded once into
/// each, and a member is a cursor in one of them. What a member gets alone, its history included, is plain: everybody reads that.
/// </summary>
internal sealed partial class Room
{
    private readonly Followers _plain;
    private Followers? _deflated;
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
            _deflated.Ring.Append(json, seq, _slowestDeflated!);
        else
            _deflated.Ring.AppendFrame(frame, seq, _slowestDeflated!);
    }

    private void PutFrame(ReadOnlySpan<byte> frame)
    {
        Ring.AppendFrame(frame, 0, _slowest);
        _deflated?.Ring.AppendFrame(frame, 0, _slowestDeflated!);
    }

    // Gives a newcomer the ring that it reads.
    private void TakeRing(Member member)
    {
        if (!member.Deflates)
        {
            member.Followers = _plain;
            return;
        }
        if (_deflating++ == 0)
        {
            var followers = _deflated = new Followers(new RoomRing(Options.RoomBufferBytes, keepEvents: 0));
            _slowestDeflated = () => SlowestCursor(followers);
        }
        member.Followers = _deflated!;
    }

    private void LeaveRing(Member member)
    {
        if (!member.Deflates || --_deflating > 0)
            return;
        _deflated!.Ring.Release();
        _deflated = null;
    }

    private long SlowestCursor(Followers followers)
    {
        var slowest = followers.Slowest;
        foreach (var member in _attended)
            slowest = Math.Min(slowest, member.Needs(followers.Ring));
        return slowest;
    }
}
