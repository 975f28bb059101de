using ChatServer.Broadcast.Members;
using ChatServer.Broadcast.Turns;
using ChatServer.Contracts;
using ChatServer.RoomHost.Relays;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// One turn of a room: sequences and publishes messages, does what is due, and sends. An exception in a turn stops this room only.
/// </summary>
internal sealed class RoomTurn : ITurnHandler
{
    // A room that was quiet for this long releases its ring; missed events are then read from the log.
    private static readonly TimeSpan ReleaseBuffersAfter = TimeSpan.FromSeconds(30);

    private readonly RoomInbox _inbox;
    private readonly MessagePublisher _publisher;
    private readonly RoomMembers _members;
    private readonly RoomRelays _relays;
    private readonly SeatSaver _seats;
    private readonly Broadcaster _broadcaster;
    private readonly KeepAlive _keepAlive;
    private readonly WriteFence _fence;
    private readonly TurnTimer _timer;
    private RoomFailure? _failure;

    public RoomTurn(
        RoomInbox inbox, MessagePublisher publisher, RoomMembers members, RoomRelays relays, SeatSaver seats, Broadcaster broadcaster,
        KeepAlive keepAlive, WriteFence fence, TurnTimer timer)
    {
        (_inbox, _publisher, _members, _relays, _seats) = (inbox, publisher, members, relays, seats);
        (_broadcaster, _keepAlive, _fence, _timer) = (broadcaster, keepAlive, fence, timer);
        _publisher.AppendFailed += OnAppendFailed;
        _publisher.MemberMessagePublished += _members.ClearTyping;
    }

    /// <summary>Why the room stopped; null if it works. May be read on any thread.</summary>
    public RoomFailure? Failure => Volatile.Read(ref _failure);

    /// <summary>Raised once, in a turn, when <see cref="Failure"/> is set.</summary>
    public event Action? Failed;

    bool ITurnHandler.HasWork => !_members.IsClosed
        && ((!_publisher.IsAppending && _fence.CanWrite && _inbox.HasBatches) || (!_fence.IsPaused && _relays.HasWork));

    void ITurnHandler.RunTurn()
    {
        if (Failure is { IsFault: true })
        {
            _broadcaster.PushIndividually(); // the closing frames
            return;
        }
        if (!_members.IsClosed && _fence.CanWrite)
            _publisher.ProcessNextBatch(); // :: Steps 3 and 4
        _members.RunDueWork(_fence.IsPaused);
        _keepAlive.RunDueWork();
        _relays.Flush(_fence.IsPaused);
        _publisher.Push(); // :: Step 5
        if (!_members.IsClosed) // the members of a closed room are about to join its next host
            _seats.SaveChanges();
        if (TimeSinceActivity >= ReleaseBuffersAfter)
            _broadcaster.ReleaseBuffers();
        _relays.EndTurn();
        SetTimer();
    }

    // The room's state in memory may be damaged: nothing of it is sent or saved any more. The log has every acknowledged message.
    void ITurnHandler.OnTurnFailed(Exception error)
    {
        if (Failure is { IsFault: true })
        {
            _members.Abort(); // the closing frames cannot be sent either
            return;
        }
        Volatile.Write(ref _failure, new RoomFailure(null, error, IsFault: true));
        _inbox.RefusesMessages = true;
        _publisher.Abandon();
        _members.Close(CloseCodes.InternalError, "internal-error", reconnect: true, immediately: true);
        Failed?.Invoke();
    }

    private void OnAppendFailed(RoomFailure? failure)
    {
        _members.Close(CloseCodes.GoingAway, "reopened", reconnect: true);
        if (failure is null)
            return;
        Volatile.Write(ref _failure, failure);
        Failed?.Invoke();
    }

    private void SetTimer()
    {
        var due = TurnTimer.Earlier(_members.TimeUntilDue(_fence.IsPaused), _keepAlive.TimeUntilDue());
        // An overdue release waits for a slow member: the check for silence comes soon enough.
        if (_broadcaster.HoldsBuffers && TimeSinceActivity is var quiet && quiet < ReleaseBuffersAfter)
            due = TurnTimer.Earlier(due, ReleaseBuffersAfter - quiet);
        if (due is { } delay)
            _timer.EnsureWithin(delay);
    }

    private TimeSpan TimeSinceActivity => _broadcaster.Time.GetElapsedTime(Math.Max(_publisher.PublishedAt, _members.JoinedAt));
}
