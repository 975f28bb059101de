using ChatServer.Client.Connections;
using ChatServer.Client.Log;
using ChatServer.Contracts;

namespace ChatServer.Client;

/// <summary>The state that survives a reconnect, and the effect of each frame on it. The steps for an event of the log:
/// (1) acknowledge a message or deletion of this client, (2) classify the event as new, duplicate or after a gap, (3) pass it to the
/// reader, (4) advance the position. An event that did not reach the reader is therefore requested again.</summary>
internal sealed class RoomSession(
    ChatRoomOptions options, EventBuffer events, PendingMessageQueue pendingMessages, PendingCommandQueue commands)
{
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string _epoch = "";
    private long? _lostAt;

    /// <summary>Position of the reader in the log.</summary>
    public LogPosition Position { get; } = new(options.History);

    /// <summary>The first welcome, or the reason why there was none.</summary>
    public Task Joined => _joined.Task;

    /// <summary>The client's name in the room; before the first welcome the requested name.</summary>
    public string? User { get; private set; } = options.User;

    /// <summary>The client's <c>uid</c>; empty before the first welcome.</summary>
    public string Uid { get; private set; } = "";

    /// <summary>Title of the room.</summary>
    public string Title { get; private set; } = options.Room;

    /// <summary>Handles a frame. While it waits for the reader, no further frame is received.</summary>
    public ValueTask HandleAsync(ServerFrame frame, Connection connection, CancellationToken ct)
    {
        switch (frame.Type)
        {
            case "welcome":
                return HandleWelcomeAsync(frame, connection, ct);
            case "presence":
                // The client itself is a member, so an empty list is a missing one.
                var members = frame.Members is [] ? null : frame.Members;
                return PublishAsync(new PresenceChanged(frame.Count, frame.Joined, frame.Left) { Members = members }, ct);
            case "room":
                Title = frame.Title ?? Title;
                return PublishAsync(new RoomChanged(frame.Title, frame.SlowModeSeconds, frame.MaxMembers), ct);
            case "typing":
                return PublishAsync(new Typing(frame.Users), ct);
            case "error":
                return HandleErrorAsync(frame, connection, ct);
            case "done":
                commands.Complete(frame.Id);
                return ValueTask.CompletedTask;
            case "closing":
                connection.SetClosing(frame);
                return ValueTask.CompletedTask;
            default:
                // A frame of an unknown type without a sequence has no effect.
                return frame.Seq > 0 && _epoch.Length > 0 ? HandleLoggedEventAsync(frame, connection, ct) : ValueTask.CompletedTask;
        }
    }

    /// <summary>A connection begins. No event of the log is valid before its welcome.</summary>
    public void Begin()
    {
        _epoch = "";
        events.Resume();
    }

    /// <summary>A connection ended after its welcome.</summary>
    public void OnConnectionLost(ConnectionEnd ending)
    {
        _lostAt ??= options.Time.GetTimestamp();
        events.TryAddOrDrop(new ConnectionLost(ending.Code, ending.Reason));
    }

    /// <summary>The membership ended.</summary>
    public void Close(ConnectionEnd ending)
    {
        pendingMessages.Close(ending.Code, ending.Reason);
        commands.Close(ending.Code, ending.Reason);
        var closed = new Closed(ending.Code, ending.Reason);
        if (events.IsLagging && Position.Epoch is { } epoch)
            events.Complete(new EventsMissed(epoch, Position.Next, null), closed);
        else
            events.Complete(closed);
        Fail(ending.Code == 0
            ? new JoinRefusedException(ending.Status, ending.Reason)
            : new RoomClosedException(ending.Code, ending.Reason));
    }

    /// <summary>Ends the wait for the first welcome with an error.</summary>
    public void Fail(Exception reason)
    {
        _joined.TrySetException(reason);
        _ = _joined.Task.Exception; // nobody may be waiting
    }

    private async ValueTask HandleWelcomeAsync(ServerFrame welcome, Connection connection, CancellationToken ct)
    {
        if (welcome.Room != options.Room)
        {
            // Another room uses the port now. Continuing would mix two histories.
            connection.Abort(new ConnectionEnd(0, $"The address belongs to another room: {welcome.Room}.") { IsFinal = true });
            return;
        }
        (_epoch, User, Uid, Title) = (welcome.Epoch, welcome.User, welcome.Uid, welcome.Title ?? welcome.Room);
        pendingMessages.MarkAllUnsent();
        commands.MarkAllUnsent();
        connection.Open(welcome.Limits);

        var away = _lostAt is { } lost ? options.Time.GetElapsedTime(lost) : TimeSpan.Zero;
        _lostAt = null;
        var welcomed = new Welcomed(
            welcome.User, Title, welcome.Epoch, welcome.Seq, welcome.Resumed, welcome.Count, welcome.Members, away);
        await events.AddAsync(welcomed, ct);
        if (Position.Epoch is null)
            Position.Begin(welcome.Epoch, welcome.Seq);
        else if (Position.IsDiscontinuous(welcome.Epoch, welcome.Seq)
            && await events.AddAsync(new HistoryChanged(Position.Epoch, Position.Last, welcome.Epoch), ct))
            Position.Begin(welcome.Epoch, welcome.Seq);
        _joined.TrySetResult();
    }

    private async ValueTask HandleLoggedEventAsync(ServerFrame frame, Connection connection, CancellationToken ct)
    {
        LoggedEvent logged = frame.Type switch
        {
            "message" => new Message(_epoch, frame.Seq, frame.Time, frame.User, frame.Uid, frame.Id ?? "", frame.Text),
            "announcement" => new Announcement(_epoch, frame.Seq, frame.Time, frame.Text),
            "deleted" => new Deleted(_epoch, frame.Seq, frame.Time, frame.Targets[0]) { Targets = frame.Targets },
            _ => new OtherLogged(_epoch, frame.Seq, frame.Type),
        };
        // :: Step 1
        if (logged is Message message && message.Uid == Uid && pendingMessages.Acknowledge(message))
            connection.OnMessageAccepted();
        if (logged is Deleted)
            commands.Complete(frame.Id);
        // :: Step 2. A duplicate: the room repeats the event because the message was sent again.
        if (logged.Seq <= Position.Last)
            return;
        if (logged.Seq > Position.Next)
        {
            if (!await events.AddAsync(new EventsMissed(_epoch, Position.Next, logged.Seq - 1), ct))
                return;
            Position.MoveTo(logged.Seq - 1);
        }
        // :: Steps 3 and 4
        if (await events.AddAsync(logged, ct))
            Position.MoveTo(logged.Seq);
    }

    private ValueTask HandleErrorAsync(ServerFrame error, Connection connection, CancellationToken ct)
    {
        if (error.Id is not { } id)
            return PublishAsync(new RoomError(error.Code, error.Message), ct);
        // The queues do not know an id that was cancelled or acknowledged.
        if (error.Code is not (RoomErrorCodes.Unavailable or RoomErrorCodes.RateLimited or RoomErrorCodes.SlowMode))
        {
            if (!commands.Refuse(id, error.Code, error.Message))
                pendingMessages.Refuse(id, error.Code, error.Message);
        }
        else if (commands.MarkUnsent(id) || pendingMessages.MarkUnsent(id))
            connection.OnMessageRefused(error.RetryAfterMs is { } wait ? TimeSpan.FromMilliseconds(wait) : null);
        return ValueTask.CompletedTask;
    }

    private async ValueTask PublishAsync(ChatEvent e, CancellationToken ct) => await events.AddAsync(e, ct);
}
