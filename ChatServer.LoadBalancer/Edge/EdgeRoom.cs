using ChatServer.Backplane.Connections;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Relays;
using ChatServer.Broadcast.Turns;
using ChatServer.Contracts;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>
/// A room that has members at this load balancer. Its parts, each of which knows only those before it: the link to the host
/// (<see cref="HostLink"/>), the frames for the host (<see cref="MemberFrameQueue"/>), the members (<see cref="EdgeMembers"/>) and joins
/// (<see cref="EdgeJoins"/>), the messages of the host (<see cref="HostMessageHandler"/>), and the relay (<see cref="RelayLoop"/>). If the
/// host is lost or the room moves, the members stay: the next relay continues at the position of the last event.
/// </summary>
/// <remarks>All work happens in turns (<see cref="TurnQueue"/>). Any thread may call the public members.</remarks>
internal sealed partial class EdgeRoom : ITurnHandler, IDisposable
{
    /// <summary>Time for which members are held without a host.</summary>
    public static readonly TimeSpan HoldTimeout = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Action<EdgeRoom> _onEnded;
    private readonly TurnQueue _turns = new(TurnScheduler.ThreadPool);
    private readonly TurnTimer _timer;
    private readonly EdgeRoomLifetime _lifetime;
    private readonly HostLink _host;
    private readonly MemberFrameQueue _frames;
    private readonly EdgeMembers _members;
    private readonly EdgeJoins _joins;
    private readonly RelayLoop _relay;
    private uint _lastNumber;

    public EdgeRoom(
        string name, string loadBalancer, RelayConnector connector, TimeProvider time, ILogger logger, Action<EdgeRoom> onEnded)
    {
        (Name, _time, _logger, _onEnded) = (name, time, logger, onEnded);
        _timer = new TurnTimer(_turns, time);
        _lifetime = new EdgeRoomLifetime(time);
        _host = new HostLink(loadBalancer, time);
        _frames = new MemberFrameQueue(_host, _turns);
        _members = new EdgeMembers(_host, _frames, _lifetime, _turns, time);
        _joins = new EdgeJoins(_host, _lifetime, time);
        _relay = new RelayLoop(name, connector, _host, _members, _joins, _turns, time, logger);
        _turns.Start(this);
        _relay.Start();
    }

    public string Name { get; }

    /// <summary>Largest frame of a member; valid once one was accepted.</summary>
    public int MaxFrameBytes => _host.MaxFrameBytes;

    /// <summary>Whether the relay to the room's host is connected. Approximate outside of turns, as the next two.</summary>
    public bool IsAttached => _host.IsAttached;

    /// <summary>Handshakes that wait for the host.</summary>
    public int WaitingJoins => _joins.Count;

    /// <summary>Bytes that the slowest member is behind.</summary>
    public long Lag => _members.Lag;

    bool ITurnHandler.HasWork => _host.IsAttached && !_frames.IsEmpty;

    /// <summary>Keeps the room until <see cref="Release"/>. False if it has ended.</summary>
    public bool TryReserve() => _lifetime.TryReserve();

    public void Release()
    {
        _lifetime.Release();
        _turns.Post(static () => { });
    }

    /// <summary>
    /// Asks the host to admit a member. <see cref="EdgeMember.Enter"/> or <see cref="EdgeMember.Leave"/> must follow if it does.
    /// </summary>
    /// <exception cref="TimeoutException">No host answered in time.</exception>
    /// <exception cref="BackplaneUnavailableException">Redis is unavailable, and the room is not known.</exception>
    public Task<EdgeJoinAnswer> JoinAsync(RelayJoin request, RoomConnection connection)
    {
        var join = new EdgeJoin(Interlocked.Increment(ref _lastNumber), request, connection, _time.GetTimestamp());
        _turns.Post(() => _joins.Add(join));
        return join.Answer;
    }

    /// <summary>Closes members with 1001; each later call closes others. Returns the number of members that are not closed yet.</summary>
    public Task<int> CloseSomeAsync(int count, string reason)
    {
        var left = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _turns.Post(() =>
        {
            var open = _members.Open.ToList();
            foreach (var member in open.Take(count))
                member.Sender.Close(CloseCodes.GoingAway, reason, reconnect: true);
            left.SetResult(Math.Max(0, open.Count - count));
        });
        return left.Task;
    }

    /// <summary>Ends all connections of the room.</summary>
    public void Dispose()
    {
        _turns.Post(() =>
        {
            _members.AbortAll();
            _joins.FailAll(new TimeoutException("The load balancer stops."));
            _relay.Dispose();
        });
        _timer.Dispose();
    }

    void ITurnHandler.RunTurn()
    {
        _frames.SendAll();
        _joins.FailOverdue();
        CloseHeldMembers();
        _members.RunDueWork();
        _host.Flush();
        EndIfIdle();
        SetTimer();
    }

    void ITurnHandler.OnTurnFailed(Exception error)
    {
        Log.TurnFailed(_logger, Name, error);
        _members.AbortAll();
        _joins.FailAll(new TimeoutException("The room failed."));
        _lifetime.End();
        _onEnded(this);
        _relay.Dispose();
    }

    private void CloseHeldMembers()
    {
        if (_host.IsAttached || _members.Count == 0 || _host.DetachedFor < HoldTimeout)
            return;
        _members.CloseAll(CloseCodes.GoingAway, "room-unavailable", reconnect: true);
        _host.RestartDetachedTime();
    }

    private void EndIfIdle()
    {
        if (_members.Count > 0 || _joins.Count > 0 || !_lifetime.TryEnd())
            return;
        _onEnded(this);
        _relay.Dispose();
        _timer.Dispose();
        _members.Release();
    }

    private void SetTimer()
    {
        if (_lifetime.HasEnded && _joins.Count == 0)
            return;
        var due = TurnTimer.Earlier(_members.TimeUntilDue(), _joins.TimeUntilOverdue());
        if (!_host.IsAttached && _members.Count > 0)
            due = TurnTimer.Earlier(due, HoldTimeout - _host.DetachedFor);
        // An overdue end waits for something else that causes a turn: the end of a join.
        if (_members.Count == 0)
            due = TurnTimer.Earlier(due, _lifetime.TimeUntilIdle);
        if (due is { } delay)
            _timer.EnsureWithin(delay);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Room {Room} failed; its members are disconnected.")]
        public static partial void TurnFailed(ILogger logger, string room, Exception exception);
    }
}
