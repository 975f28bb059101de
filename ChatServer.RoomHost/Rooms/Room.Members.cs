using ChatServer.Backplane;
using ChatServer.Broadcast.Connections;
using ChatServer.Contracts;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Members come and go.</summary>
internal sealed partial class Room
{
    // Those who need more than the ring: what is theirs alone, the rest of what a socket did not take, a farewell.
    private readonly List<Member> _individuallyServed = [];

    // Those who came while the room is about to move: whom it seated now, its next host would not know.
    private readonly List<(Member Member, RoomConnection Connection)> _heldArrivals = [];

    private Task _seatsSave = Task.CompletedTask;

    /// <summary>Who sits here, for the room that follows this one.</summary>
    public Task<IReadOnlyList<RoomSeat>> SeatsAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<RoomSeat>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => answer.SetResult(_presence.Seats));
        return answer.Task;
    }

    private void JoinOrHold(Member member, RoomConnection connection)
    {
        if (_paused && _closed is null)
        {
            _heldArrivals.Add((member, connection));
            return;
        }
        Join(member);
        // Not before: a turn that is under way could sequence what it says before it has a seat.
        connection.Start(member);
    }

    // The pause is over, one way or the other.
    private void JoinHeldArrivals()
    {
        foreach (var (member, connection) in _heldArrivals)
            JoinOrHold(member, connection);
        _heldArrivals.Clear();
        _heldArrivals.TrimExcess();
    }

    private void Join(Member member)
    {
        if (_closed is { } closed)
        {
            // Not seated: it is told and closed, nothing more.
            Add(member);
            member.StartSending(default, Seq, gapless: false);
            member.Close(closed.Code, closed.Reason, closed.Reconnect);
            return;
        }
        var (seat, replaced) = _presence.TakeSeat(member, member.Join.Session, member.Join.User);
        member.Seat = seat;
        replaced?.Close(CloseCodes.Replaced, "replaced", reconnect: false);
        Add(member);
        _activeAt = Time.GetTimestamp();

        var resumed = member.Join.Since is { } since && since.Epoch == Record.Epoch && since.Seq <= Seq && since.Seq + 1 >= Oldest;
        var after = resumed ? member.Join.Since!.Value.Seq
            : Math.Max(Oldest - 1, Seq - Math.Min(member.Join.History, Record.Options.History));
        member.StartSending(
            EventJson.Welcome(
                Scratch, Record.Name, Record.Options.Title ?? Record.Name, seat.Name, member.Join.Session, Record.Epoch, Seq, resumed,
                _presence.Count, _presence.Names.Take(Limits.MaxNamedMembers), _limits),
            after, gapless: resumed);
    }

    /// <summary>A member's connection is gone.</summary>
    public void Leave(Member member)
    {
        member.OnDisconnected();
        member.Dispose();
        _presence.VacateSeatOf(member);
        if (member.Index < 0)
            return;
        var last = _members[--_memberCount];
        _members[member.Index] = last;
        last.Index = member.Index;
        _members[_memberCount] = null!;
        member.Index = -1;
        StopServingIndividually(member);
        ReleaseRing(member);
        if (_memberCount > 0)
            return;
        _members = [];
        _individuallyServed.TrimExcess();
        _senders.TrimExcess();
        Volatile.Write(ref _emptySince, Time.GetTimestamp());
        if (_closed is not null)
            _lastMemberGone.TrySetResult();
    }

    // One save at a time: what changes meanwhile goes with the next. Once it is closed those who go are on their way to the next host.
    private void SaveSeats()
    {
        if (_closed is not null || _seats is null || !_seatsSave.IsCompleted || _presence.TakeUnsaved() is not { } changes)
            return;
        _seatsSave = _seats.SaveAsync(changes, _abandoned.Token);
        // Posted: a turn that is ending now has looked already.
        _ = _seatsSave.ContinueWith(_ => Post(static () => { }), TaskScheduler.Default);
    }

    private bool AreSeatsSaved => _seats is null || _seatsSave.IsCompleted && !_presence.HasUnsaved;

    /// <summary>A member is typing.</summary>
    public void MarkTyping(Member member)
    {
        if (member.Seat is { } seat && _presence.Count <= Limits.MaxNamedMembers && !_typing.Contains(seat.Name))
            _typing.Add(seat.Name);
    }

    /// <summary>Reads events after <paramref name="after"/> from the log and hands them over in the room's turn; null: they are not to be had.</summary>
    public void ReadLog(long after, int limit, Action<LogPage?> then)
    {
        if (_log is null)
            Post(() => then(null));
        else
            _ = ReadAsync(_log, after, limit, then);
    }

    private async Task ReadAsync(DurableLog log, long after, int limit, Action<LogPage?> then)
    {
        LogPage? page = null;
        try
        {
            page = await log.ReadAfterAsync(after, limit, _abandoned.Token);
        }
        catch (OperationCanceledException)
        {
            // Given up: the member is being closed.
        }
        Post(() => then(page));
    }

    private void Add(Member member)
    {
        if (_memberCount == _members.Length)
            Array.Resize(ref _members, Math.Max(2, _memberCount * 2));
        member.Index = _memberCount;
        _members[_memberCount++] = member;
        AssignRing(member);
        ServeIndividually(member);
    }

    /// <summary>Looks after a member in every turn.</summary>
    public void ServeIndividually(Member member)
    {
        member.IndividualIndex = _individuallyServed.Count;
        _individuallyServed.Add(member);
    }

    /// <summary>The member needs the ring and no more, or is gone.</summary>
    public void StopServingIndividually(Member member)
    {
        var last = _individuallyServed[^1];
        _individuallyServed[member.IndividualIndex] = last;
        last.IndividualIndex = member.IndividualIndex;
        _individuallyServed.RemoveAt(_individuallyServed.Count - 1);
    }

    /// <summary>The oldest event that can be had: the log keeps so many; the ring, where it is the log, what it holds.</summary>
    public long Oldest => _log is null
        ? Ring.EventCount > 0 ? Math.Max(Ring.FirstSeq, Seq - Record.Options.History + 1) : Seq + 1
        : Math.Max(_oldestAtClaim, Seq - Record.Options.History + 1);
}
