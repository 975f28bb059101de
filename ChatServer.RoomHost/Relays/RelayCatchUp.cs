using ChatServer.Broadcast.Members;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Relays;

/// <summary>
/// Sends a load balancer the events after its position, and after them what was decided meanwhile: it must not overtake the events.
/// </summary>
/// <param name="events">The events.</param>
/// <param name="takeDeferred">Takes the frames that were decided meanwhile, or none.</param>
internal sealed class RelayCatchUp(CatchUp events, Func<byte[]> takeDeferred) : ICatchUp
{
    /// <summary>Sequence of the next event that the load balancer gets.</summary>
    public long NextSeq => events.NextSeq;

    CatchUpResult ICatchUp.Continue(IMemberSender member)
    {
        var result = ((ICatchUp)events).Continue(member);
        if (result != CatchUpResult.Complete || takeDeferred() is not { Length: > 0 } deferred)
            return result;
        member.SendFrames(deferred);
        return CatchUpResult.Complete;
    }
}
