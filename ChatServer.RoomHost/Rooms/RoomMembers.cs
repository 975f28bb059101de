using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Turns;
using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.RoomHost.Moderation;
using ChatServer.Tokens;

namespace ChatServer.RoomHost.Rooms;

/// <summary>The members of a room: admits, seats and welcomes them, tells the others who joined and left, and closes all of them.</summary>
/// <remarks>Only the room's turn uses it, except for the members that say otherwise.</remarks>
internal sealed class RoomMembers(
    RoomRecord record, Broadcaster broadcaster, Presence presence, SanctionEnforcer sanctions, RoomHistory history, byte[] welcomeLimits,
    TimeProvider time)
{
    // Members that arrive while the room is about to move wait here: the next host would not know a seat that is given now.
    private readonly List<(Member Member, RoomConnection Connection)> _held = [];
    private readonly TypingUsers _typing = new(time);
    private readonly TokenExpiries _expiries = new(time);
    private readonly TaskCompletionSource _allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RoomOptions _options = record.Options;
    private (ushort Code, string Reason, bool Reconnect)? _closed;
    private volatile bool _isClosed;
    private int _connections;
    private long _joins;
    private bool _namesAreUnknown = presence.Count > Limits.MaxNamedMembers;
    private long _emptySince = time.GetTimestamp();

    /// <summary>Connections, those that are being closed and those that wait to join included. May be read on any thread.</summary>
    public int Connections => Volatile.Read(ref _connections);

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
        _connections++;
        if (isPaused && !_isClosed)
            _held.Add((member, connection));
        else
            Start(member, connection);
    }

    /// <summary>Number of the next join: it increases across the hosts of the room, because the term does.</summary>
    public long NextJoinNumber() => record.Term << 32 | ++_joins;

    /// <summary>
    /// Adds a member that a load balancer holds. A new one is seated and welcomed; one that joined an earlier host of the room, or an
    /// earlier relay, is seated.
    /// </summary>
    /// <returns>False if a newer connection has the seat.</returns>
    public bool TryEnterRelayed(Member member, bool isNew)
    {
        if (!isNew && presence.FindMember(member.Join.Identity) is { } other && other.JoinNumber > member.JoinNumber)
            return false;
        _connections++;
        if (isNew)
            Join(member);
        else
            TakeSeat(member);
        return true;
    }

    /// <summary>The pause is over: the members that waited join.</summary>
    public void EnterHeld()
    {
        foreach (var (member, connection) in _held)
            Start(member, connection);
        _held.Clear();
        _held.TrimExcess();
    }

    /// <summary>A member's connection is gone.</summary>
    public void Leave(Member member)
    {
        if (member.Sender is MemberSender sender && !broadcaster.Remove(sender))
            return;
        presence.VacateSeatOf(member);
        _expiries.Remove(member);
        if (--_connections == 0)
            Volatile.Write(ref _emptySince, time.GetTimestamp());
        CompleteIfAllGone();
    }

    /// <summary>The room is closed and a connection is gone: <see cref="AllGone"/> completes with the last one.</summary>
    public void CompleteIfAllGone()
    {
        if (_isClosed && broadcaster.Count == 0)
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
        CompleteIfAllGone();
    }

    /// <summary>Applies changed options: tells the members, and closes those who may not be in the room any more.</summary>
    public void Change(RoomOptions options)
    {
        var before = _options;
        _options = options;
        if (_isClosed)
            return;
        if (EventJson.TryWriteChanges(record.Name, before, options, out var changes))
            broadcaster.AppendTransient(changes);
        foreach (var member in presence.Seats.Select(seat => seat.Member).OfType<Member>().ToList())
            CloseIfExcluded(member);
    }

    /// <summary>Ends all connections without a Close frame.</summary>
    public void Abort()
    {
        foreach (var member in broadcaster.Members)
            member.Abort();
    }

    /// <summary>A member has a newer token.</summary>
    public void Renew(Member member, JoinToken token)
    {
        if (member.Sender.HasEnded)
            return;
        _expiries.Remove(member);
        member.Join = member.Join with { Identity = member.Join.Identity.Renew(token) };
        _expiries.Add(member);
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

    /// <summary>
    /// Closes members whose tokens have expired, and broadcasts changes of presence and typing that are due. The next host tells of a room
    /// that is about to move.
    /// </summary>
    public void RunDueWork(bool isPaused)
    {
        if (_isClosed)
            return;
        while (_expiries.TakeExpired() is { } expired)
            expired.Sender.Close(CloseCodes.Banned, "token-expired", reconnect: false);
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
        _isClosed ? null : TurnTimer.Earlier(
            _expiries.TimeUntilDue(), TurnTimer.Earlier(isPaused ? null : presence.TimeUntilDue(), _typing.TimeUntilDue()));

    private void Start(Member member, RoomConnection connection)
    {
        broadcaster.Add((MemberSender)member.Sender);
        if (_closed is { } closed)
        {
            // It gets no seat, only the reason.
            member.Sender.Start(default, new CatchUp(history, history.Seq, gapless: false));
            member.Sender.Close(closed.Code, closed.Reason, closed.Reconnect);
        }
        else
        {
            Join(member);
        }
        // Not earlier: a turn could sequence a message of the member before it has a seat.
        connection.Start(member);
    }

    private void CloseIfExcluded(Member member)
    {
        if (_options.Private && UserIds.IsOfSession(member.Join.Identity.Uid))
            member.Sender.Close(CloseCodes.Banned, "private", reconnect: false);
    }

    private Seat TakeSeat(Member member)
    {
        var (seat, replaced) = presence.TakeSeat(member, member.Join.Identity);
        member.Seat = seat;
        _expiries.Add(member);
        replaced?.Sender.Close(CloseCodes.Replaced, "replaced", reconnect: false);
        // After its first frames. The ban may be newer than the admission of the handshake.
        broadcaster.Turns.Post(() => sanctions.Enforce(member));
        JoinedAt = time.GetTimestamp();
        // After its first frames. The room may have become private after the admission of the handshake.
        if (_options.Private)
            broadcaster.Turns.Post(() => CloseIfExcluded(member));
        return seat;
    }

    private void Join(Member member)
    {
        var seat = TakeSeat(member);

        var resumed = member.Join.Since is { } since
            && since.Epoch == record.Epoch && since.Seq <= history.Seq && since.Seq + 1 >= history.Oldest;
        var after = resumed ? member.Join.Since!.Value.Seq
            : Math.Max(history.Oldest - 1, history.Seq - Math.Min(member.Join.History, history.MaxEvents));
        RoomMetrics.Joins.Add(resumed ? "true" : "false");
        var welcome = EventJson.Welcome(
            record with { Options = _options }, seat, member.Join.Identity, history.Seq, resumed, presence.Count,
            [.. presence.Seats.Take(Limits.MaxNamedMembers)], welcomeLimits);
        member.Sender.Start(welcome, new CatchUp(history, after, gapless: resumed));
    }

    private void BroadcastPresence()
    {
        // Of many members few may be left: the names of those who left would make a frame larger than the ring.
        var isNamed = presence.Count <= Limits.MaxNamedMembers && presence.Left.Count <= Limits.MaxNamedMembers;
        // The members do not know the names that joined and left while there were too many.
        broadcaster.AppendTransient(isNamed && _namesAreUnknown
            ? EventJson.PresenceOfAll(presence.Count, presence.Seats)
            : EventJson.Presence(presence.Count, isNamed ? presence.Joined : [], isNamed ? presence.Left : []));
        _namesAreUnknown = !isNamed;
        presence.ClearChanges();
    }
}
