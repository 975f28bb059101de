using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Relays;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;

namespace ChatServer.RoomHost.Relays;

/// <summary>The relays of one room: a relay is a cursor in the room's ring, as a member is, and no member itself.</summary>
/// <remarks>Only the room's turn uses it.</remarks>
internal sealed class RoomRelays(
    RoomRecord record, RoomHostOptions options, Broadcaster broadcaster, Presence presence, RoomMembers members, RoomHistory history)
{
    private readonly List<Relay> _attached = [];

    private volatile bool _hasWork;

    /// <summary>Whether a relay could accept a join or send missed events at the end of the last turn. May be read on any thread.</summary>
    public bool HasWork => _hasWork;

    /// <summary>
    /// Attaches a load balancer: it gets the events after its position, then the broadcasts. Its members are seated. An older relay of the
    /// same load balancer is ended.
    /// </summary>
    public void Attach(Relay relay, RelayAttach attach, IEnumerable<(RelayMember Member, AdmittedJoin Join)> itsMembers)
    {
        if (members.IsClosed)
        {
            relay.Sender.Abort();
            return;
        }
        if (_attached.Find(other => other.LoadBalancer == attach.LoadBalancer) is { } older)
            End(older);
        var isNew = attach.Epoch is null;
        var resumed = isNew
            || (attach.Epoch == record.Epoch && attach.Seq <= history.Seq && attach.Seq + 1 >= history.Oldest);
        var after = resumed && !isNew ? attach.Seq : history.Seq;
        relay.LoadBalancer = attach.LoadBalancer;
        _attached.Add(relay);
        broadcaster.Add(relay.Sender);
        relay.Start(
            new RelayAttached(
                record.Term, record.Epoch, resumed, after, record.Options.Durability == Durability.Redis, options.MaxFrameBytes,
                options.PingInterval, options.SilenceTimeout, options.RoomBufferBytes),
            new CatchUp(history, after, gapless: true),
            // Events that are not in the log were lost between the two hosts.
            isNew || !resumed ? null : () => EventJson.PresenceOfAll(presence.Count, presence.Seats).ToArray());
        if (isNew || !resumed)
            return;
        foreach (var (member, join) in itsMembers)
            relay.Restore(member, join, members, history);
    }

    /// <summary>A relay's connection is gone: its members lose theirs, and keep their seats for the grace period.</summary>
    public void End(Relay relay)
    {
        var wasAttached = _attached.Remove(relay);
        broadcaster.Remove(relay.Sender);
        if (wasAttached)
            relay.LoseMembers();
        members.CompleteIfAllGone();
    }

    /// <summary>
    /// Accepts waiting joins, unless the room <paramref name="isPaused"/>, and sends what the members of relays wait for.
    /// </summary>
    public void Flush(bool isPaused)
    {
        foreach (var relay in _attached)
        {
            if (!isPaused && !members.IsClosed)
                relay.AcceptJoins(members);
            relay.Flush();
        }
    }

    /// <summary>The turn ends.</summary>
    public void EndTurn() => _hasWork = _attached.Exists(relay => relay.HasWork);
}
