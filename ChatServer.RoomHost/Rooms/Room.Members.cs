using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Sockets;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Members come and go.</summary>
internal sealed partial class Room
{
    // Those who need more than the ring: what is theirs alone, the rest of what a socket did not take, a farewell.
    private readonly List<Member> _attended = [];

    // Those who came while the room is about to move: whom it seated now, its next host would not know.
    private readonly List<(Member Member, RoomConnection Connection)> _arrivals = [];

    private Task _saving = Task.CompletedTask;

    /// <summary>Who sits here, for the room that follows this one.</summary>
    public Task<IReadOnlyList<RoomSeat>> SeatsAsync()
    {
        var answer = new TaskCompletionSource<IReadOnlyList<RoomSeat>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => answer.SetResult(_presence.Seats));
        return answer.Task;
    }

    private void Arrive(Member member, RoomConnection connection)
    {
        if (_paused && _closed is null)
        {
            _arrivals.Add((member, connection));
            return;
        }
        Join(member);
        // Not before: a turn that is under way could sequence what it says before it has a seat.
        connection.Start(member);
    }

    // The pause is over, one way or the other.
    private void LetArrive()
    {
        foreach (var (member, connection) in _arrivals)
            Arrive(member, connection);
        _arrivals.Clear();
        _arrivals.TrimExcess();
    }

    private void Join(Member member)
    {
        if (_closed is { } closed)
        {
            // Not seated: it is told and closed, nothing more.
            Add(member);
            member.Begin(default, Seq, gapless: false);
            member.Close(closed.Code, closed.Reason, closed.Reconnect);
            return;
        }
        var (seat, replaced) = _presence.Sit(member, member.Join.Session, member.Join.User);
        member.Seat = seat;
        replaced?.Close(CloseCodes.Replaced, "replaced", reconnect: false);
        Add(member);
        _activeAt = Time.GetTimestamp();

        var resumed = member.Join.Since is { } since && since.Epoch == Record.Epoch && since.Seq <= Seq && since.Seq + 1 >= Oldest;
        var after = resumed ? member.Join.Since!.Value.Seq
            : Math.Max(Oldest - 1, Seq - Math.Min(member.Join.History, Record.Options.History));
        member.Begin(
            Events.Welcome(
                Scratch, Record.Name, Record.Options.Title ?? Record.Name, seat.Name, member.Join.Session, Record.Epoch, Seq, resumed,
                _presence.Count, _presence.Names.Take(Limits.MaxNamedMembers), _limits),
            after, gapless: resumed);
    }

    /// <summary>A member's connection is gone.</summary>
    public void Leave(Member member)
    {
        member.End();
        member.Dispose();
        _presence.Lose(member);
        if (member.Index < 0)
            return;
        var last = _members[--_count];
        _members[member.Index] = last;
        last.Index = member.Index;
        _members[_count] = null!;
        member.Index = -1;
        Dismiss(member);
        LeaveRing(member);
        if (_count > 0)
            return;
        _members = [];
        _attended.TrimExcess();
        _speakers.TrimExcess();
        Volatile.Write(ref _emptySince, Time.GetTimestamp());
        if (_closed is not null)
            _emptied.TrySetResult();
    }

    // One save at a time: what changes meanwhile goes with the next. Once it is closed those who go are on their way to the next host.
    private void SaveSeats()
    {
        if (_closed is not null || _seats is null || !_saving.IsCompleted || _presence.TakeUnsaved() is not { } changes)
            return;
        _saving = _seats.SaveAsync(changes, _given.Token);
        // Posted: a turn that is ending now has looked already.
        _ = _saving.ContinueWith(_ => Post(static () => { }), TaskScheduler.Default);
    }

    private bool AreSeatsSaved => _seats is null || _saving.IsCompleted && !_presence.HasUnsaved;

    /// <summary>A member is typing.</summary>
    public void Typing(Member member)
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
            page = await log.ReadAfterAsync(after, limit, _given.Token);
        }
        catch (OperationCanceledException)
        {
            // Given up: the member is being closed.
        }
        Post(() => then(page));
    }

    private void Add(Member member)
    {
        if (_count == _members.Length)
            Array.Resize(ref _members, Math.Max(2, _count * 2));
        member.Index = _count;
        _members[_count++] = member;
        TakeRing(member);
        Attend(member);
    }

    /// <summary>Looks after a member in every turn.</summary>
    public void Attend(Member member)
    {
        member.Attended = _attended.Count;
        _attended.Add(member);
    }

    /// <summary>The member needs the ring and no more, or is gone.</summary>
    public void Dismiss(Member member)
    {
        var last = _attended[^1];
        _attended[member.Attended] = last;
        last.Attended = member.Attended;
        _attended.RemoveAt(_attended.Count - 1);
    }

    /// <summary>The oldest event that can be had: the log keeps so many; the ring, where it is the log, what it holds.</summary>
    public long Oldest => _log is null
        ? Ring.Events > 0 ? Math.Max(Ring.FirstSeq, Seq - Record.Options.History + 1) : Seq + 1
        : Math.Max(_oldest, Seq - Record.Options.History + 1);
}
