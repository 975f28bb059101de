using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Turns;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>The members of a room: admits, seats and welcomes them, tells the others who joined and left, and closes all of them.</summary>
/// <remarks>Only the room's turn uses it, except for the members that say otherwise.</remarks>
internal sealed class RoomMembers(
    RoomRecord record, Broadcaster broadcaster, Presence presence, RoomHistory history, byte[] welcomeLimits, TimeProvider time)
{
    // Members that arrive while the room is about to move wait here: the next host would not know a seat that is given now.
    private readonly List<(Member Member, RoomConnection Connection)> _held = [];
    private readonly TypingUsers _typing = new(time);
    private readonly TaskCompletionSource _allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (ushort Code, string Reason, bool Reconnect)? _closed;
    private volatile bool _isClosed;
    private long _emptySince = time.GetTimestamp();

    /// <summary>Connections, those that are being closed and those that wait to join included. May be read on any thread.</summary>
    public int Connections => broadcaster.Count + _held.Count;

    /// <summary>Time without a connection; null while there is one. May be read on any thread.</summary>
    public TimeSpan? EmptyFor => Connections > 0 ? null : time.GetElapsedTime(Volatile.Read(ref _emptySince));

    /// <summary>When a member last joined: a timestamp.</summary>
    public long JoinedAt { get; private set; } = time.GetTimestamp();

    /// <summary>Whether <see cref="Close"/> was called. May be read on any thread.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Completes when the members are closed and their connections are gone.</summary>
    public Task AllGone => _allGone.Task;

    /// <summary>Adds a member whose handshake is complete: it joins, or waits while the room <paramref name="isPaused"/>.</summary>
    public void Enter(Member member, RoomConnection connection, bool isPaused)
    {
        if (isPaused && !_isClosed)
        {
            _held.Add((member, connection));
            return;
        }
        Join(member);
        // Not earlier: a turn could sequence a message of the member before it has a seat.
        connection.Start(member);
    }

    /// <summary>The pause is over: the members that waited join.</summary>
    public void EnterHeld()
    {
        foreach (var (member, connection) in _held)
            Enter(member, connection, isPaused: false);
        _held.Clear();
        _held.TrimExcess();
    }

    /// <summary>A member's connection is gone.</summary>
    public void Leave(Member member)
    {
        var wasListed = broadcaster.Remove(member.Sender);
        presence.VacateSeatOf(member);
        if (!wasListed || broadcaster.Count > 0)
            return;
        Volatile.Write(ref _emptySince, time.GetTimestamp());
        if (_isClosed)
            _allGone.TrySetResult();
    }

    /// <summary>Closes all members, and those that join later.</summary>
    /// <param name="code">One of <see cref="CloseCodes"/>.</param>
    /// <param name="reason">For the <c>closing</c> event and the Close frame.</param>
    /// <param name="reconnect">Whether clients should reconnect.</param>
    /// <param name="immediately">Without the bytes that the members did not get yet.</param>
    public void Close(ushort code, string reason, bool reconnect, bool immediately = false)
    {
        if (_isClosed)
            return;
        _closed = (code, reason, reconnect);
        _isClosed = true;
        foreach (var member in broadcaster.Members)
        {
            if (immediately)
                member.CloseNow(code, reason, reconnect);
            else
                member.Close(code, reason, reconnect);
        }
        EnterHeld();
        if (broadcaster.Count == 0)
            _allGone.TrySetResult();
    }

    /// <summary>Ends all connections without a Close frame.</summary>
    public void Abort()
    {
        foreach (var member in broadcaster.Members)
            member.Abort();
    }

    /// <summary>A member is typing.</summary>
    public void MarkTyping(Member member)
    {
        if (member.Seat is { } seat && presence.Count <= Limits.MaxNamedMembers)
            _typing.Add(seat.Name);
    }

    /// <summary>A member's message was published.</summary>
    public void ClearTyping(Member member)
    {
        if (member.Seat is { } seat)
            _typing.Remove(seat.Name);
    }

    /// <summary>Broadcasts changes of presence and typing that are due. The next host tells of a room that is about to move.</summary>
    public void RunDueWork(bool isPaused)
    {
        if (_isClosed)
            return;
        if (!isPaused)
        {
            presence.ExpireSeats();
            if (presence.AreChangesDue)
                BroadcastPresence();
        }
        if (presence.Count > Limits.MaxNamedMembers)
            _typing.Clear();
        if (_typing.AreDue)
            broadcaster.AppendTransient(_typing.TakeEvent());
    }

    /// <summary>Time until <see cref="RunDueWork"/> has something to do; null if nothing is waiting.</summary>
    public TimeSpan? TimeUntilDue(bool isPaused) =>
        _isClosed ? null : TurnTimer.Earlier(isPaused ? null : presence.TimeUntilDue(), _typing.TimeUntilDue());

    private void Join(Member member)
    {
        if (_closed is { } closed)
        {
            // It gets no seat, only the reason.
            broadcaster.Add(member.Sender);
            member.Sender.Start(default, new CatchUp(history, history.Seq, gapless: false));
            member.Sender.Close(closed.Code, closed.Reason, closed.Reconnect);
            return;
        }
        var (seat, replaced) = presence.TakeSeat(member, member.Join.Session, member.Join.User);
        member.Seat = seat;
        replaced?.Sender.Close(CloseCodes.Replaced, "replaced", reconnect: false);
        broadcaster.Add(member.Sender);
        JoinedAt = time.GetTimestamp();

        var resumed = member.Join.Since is { } since
            && since.Epoch == record.Epoch && since.Seq <= history.Seq && since.Seq + 1 >= history.Oldest;
        var after = resumed ? member.Join.Since!.Value.Seq
            : Math.Max(history.Oldest - 1, history.Seq - Math.Min(member.Join.History, history.MaxEvents));
        var welcome = EventJson.Welcome(
            record.Name, record.Options.Title ?? record.Name, seat.Name, member.Join.Session, record.Epoch, history.Seq, resumed,
            presence.Count, presence.Names.Take(Limits.MaxNamedMembers), welcomeLimits);
        member.Sender.Start(welcome, new CatchUp(history, after, gapless: resumed));
    }

    private void BroadcastPresence()
    {
        // Of many members few may be left: the names of those who left would make a frame larger than the ring.
        var isNamed = presence.Count <= Limits.MaxNamedMembers && presence.Left.Count <= Limits.MaxNamedMembers;
        broadcaster.AppendTransient(EventJson.Presence(presence.Count, isNamed ? presence.Joined : [], isNamed ? presence.Left : []));
        presence.ClearChanges();
    }
}
