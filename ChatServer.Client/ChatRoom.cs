using System.Text;
using ChatServer.Client.Connections;
using ChatServer.Client.Log;
using ChatServer.Contracts;

namespace ChatServer.Client;

/// <summary>
/// A member of a room, until it is disposed or removed from the room. It replaces lost connections, through another address if
/// necessary, and requests the missed events.
/// </summary>
/// <remarks>
/// <see cref="Events"/> delivers each event of the log once and in order, and reports events that the room no longer has.
/// A message is acknowledged when the log contains it, once, however often it was sent. All members are thread-safe.
/// </remarks>
public sealed class ChatRoom : IAsyncDisposable
{
    // After Redis has lost its data, rooms are unknown until their hosts restore them. A room that stays unknown does not exist.
    private static readonly TimeSpan RoomNotFoundRetryTime = TimeSpan.FromSeconds(10);

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ChatRoomOptions _options;
    private readonly EventBuffer _events;
    private readonly PendingMessageQueue _pendingMessages;
    private readonly PendingCommandQueue _commands = new();
    private readonly RoomSession _session;
    private readonly Dialer _dialer;
    private readonly Backoff _backoff;
    private readonly CancellationTokenSource _leaving = new();
    private readonly Lock _gate = new();
    private Connection? _connection;
    private Task _running = Task.CompletedTask;
    private long? _notFoundSince;
    private bool _isLeaving, _mayHaveStaleConnection;

    private ChatRoom(ChatRoomOptions options)
    {
        _options = options;
        _pendingMessages = new PendingMessageQueue(options.PendingMessages);
        _events = new EventBuffer(options.BufferedEvents, () => _pendingMessages.HasPending, () => Current?.Abort(ConnectionEnd.Lagged));
        _session = new RoomSession(options, _events, _pendingMessages, _commands);
        Moderation = new RoomModeration(_commands);
        _dialer = new Dialer(options);
        _backoff = new Backoff(options.Addresses.Count, options.MaxBackoff);
        _pendingMessages.UnsentAvailable += () =>
        {
            Current?.Wake();
            _events.CheckLag();
        };
        _commands.UnsentAvailable += () => Current?.Wake();
    }

    /// <summary>The room's name.</summary>
    public string Name => _options.Room;

    /// <summary>Title of the room.</summary>
    public string Title => _session.Title;

    /// <summary>The client's name in the room. Its number may change if the room recovers from a crash moments after the join.</summary>
    public string User => _session.User!;

    /// <summary>Identifies the client in the events of every room that it joins with the same session or the same token.</summary>
    public string Uid => _session.Uid;

    /// <summary>Kicks, bans and mutes users. Requires a token with the permission <c>moderate</c>.</summary>
    public RoomModeration Moderation { get; }

    /// <summary>
    /// The events, from the first <see cref="Welcomed"/> to <see cref="Closed"/>, the last one. One reader at a time; the next reader
    /// continues after the last event. A reader that lags gets later what the room still keeps.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is already a reader (thrown by the enumerator).</exception>
    public IAsyncEnumerable<ChatEvent> Events => _events.ReadAsync(CancellationToken.None);

    /// <summary>Joins a room.</summary>
    /// <param name="addresses">A load balancer (<c>http://localhost:2000</c>), or several, comma-separated.</param>
    /// <param name="room">The room's name.</param>
    /// <param name="user">Requested user name; null: a guest name.</param>
    /// <param name="ct">Cancels the attempts.</param>
    /// <exception cref="JoinRefusedException">The room does not exist or refused the join.</exception>
    /// <exception cref="OperationCanceledException">A temporary error (no server, room full) lasted until the cancellation.</exception>
    public static Task<ChatRoom> JoinAsync(string addresses, string room, string? user = null, CancellationToken ct = default) => JoinAsync(
        new ChatRoomOptions
        {
            Addresses =
            [
                .. addresses.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(a => new Uri(a)),
            ],
            Room = room,
            User = user,
        },
        ct);

    /// <inheritdoc cref="JoinAsync(string, string, string?, CancellationToken)"/>
    /// <param name="options">Addresses, user and time limits.</param>
    /// <param name="ct">Cancels the attempts.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    /// <exception cref="RoomClosedException">The room closed the connection before the welcome.</exception>
    public static async Task<ChatRoom> JoinAsync(ChatRoomOptions options, CancellationToken ct = default)
    {
        options.Check();
        var room = new ChatRoom(options);
        // On the thread pool: the continuations must not run on the caller's synchronization context.
        room._running = Task.Run(room.RunAsync, CancellationToken.None);
        try
        {
            await room._session.Joined.WaitAsync(ct).ConfigureAwait(false);
            return room;
        }
        catch
        {
            await room.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Sends a message. The task returns its position when the room's log contains it. Lost connections and temporary refusals only delay
    /// it. Messages that are sent concurrently keep their order unless the room refuses one of them temporarily.
    /// </summary>
    /// <param name="text">1 to 4000 characters.</param>
    /// <param name="ct">Cancels the attempts. Whether the message was logged before is then unknown.</param>
    /// <exception cref="ArgumentException">The text is invalid.</exception>
    /// <exception cref="MessageRefusedException">The room refused it permanently: muted, read-only, too long, ….</exception>
    /// <exception cref="RoomClosedException">The client left the room or was removed.</exception>
    public Task<Message> SayAsync(string text, CancellationToken ct = default)
    {
        if (!MessageTexts.IsValid(text))
            throw new ArgumentException($"A message has 1 to {Limits.MaxTextLength} characters.", nameof(text));
        try
        {
            _ = Utf8.GetByteCount(text);
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException($"The text contains half of a surrogate pair at index {error.Index}.", nameof(text), error);
        }
        return _pendingMessages.SayAsync(text, ct);
    }

    /// <summary>
    /// Deletes a message: an own one or, with the permission <c>moderate</c>, any. Completes when the room has deleted it. Lost connections
    /// and temporary refusals only delay it.
    /// </summary>
    /// <param name="seq">Position of the message in the log, 1 or more.</param>
    /// <param name="ct">Cancels the attempts. Whether the message was deleted before is then unknown.</param>
    /// <exception cref="CommandRefusedException">The room refused it: <c>not-yours</c>, <c>no-such-message</c>, ….</exception>
    /// <exception cref="RoomClosedException">The client left the room or was removed.</exception>
    public Task DeleteAsync(long seq, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(seq, 1);
        return _commands.RunAsync(new ClientCommand("delete") { Target = seq }, ct);
    }

    /// <summary>Reports to the other members that this one is typing: at most once a second, and not without a connection.</summary>
    public void TellTyping() => Current?.SendTyping();

    /// <summary>Leaves the room. Unacknowledged messages fail with <see cref="RoomClosedException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        Connection? connection;
        lock (_gate)
        {
            _isLeaving = true;
            connection = _connection;
        }
        _session.Close(ConnectionEnd.Left);
        if (connection is null)
            await _leaving.CancelAsync().ConfigureAwait(false);
        else
            connection.Leave();
        await _running.ConfigureAwait(false);
    }

    private Connection? Current
    {
        get
        {
            lock (_gate)
                return _connection;
        }
    }

    private async Task RunAsync()
    {
        var ending = ConnectionEnd.Left;
        try
        {
            for (; ; )
            {
                ending = await ConnectAsync();
                if (IsFinal(ending))
                    break;
                if (ending.ConnectedFor is not null)
                    _session.OnConnectionLost(ending);
                if (ending.TryNextAddress)
                    _dialer.UseNextAddress();
                await Task.Delay(_backoff.DelayAfter(ending), _options.Time, _leaving.Token);
            }
        }
        catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
        {
            ending = ConnectionEnd.Left;
        }
        catch (Exception e)
        {
            // The token callback failed before the join. Any other exception is a defect, and must end the waiting tasks too.
            _session.Fail(e);
            ending = ConnectionEnd.Broken(e.Message);
        }
        _session.Close(ending);
    }

    // One attempt and, if it succeeds, its connection.
    private async Task<ConnectionEnd> ConnectAsync()
    {
        var (socket, refused) = await _dialer.DialAsync(_session.User, _session.Position, _leaving.Token);
        if (socket is null)
        {
            _mayHaveStaleConnection |= refused!.Code == ConnectionEnd.Abnormal;
            return refused!;
        }
        using var connection = new Connection(socket, _pendingMessages, _commands, _options, _session.HandleAsync);
        lock (_gate)
        {
            if (_isLeaving)
                return ConnectionEnd.Left;
            _connection = connection;
        }
        try
        {
            _session.Begin();
            using var renewing = new CancellationTokenSource();
            if (_dialer.Token is { } token)
                _ = new TokenRenewer(_options).RunAsync(token, connection.SendToken, renewing.Token);
            var ending = await connection.RunAsync(_leaving.Token);
            await renewing.CancelAsync();
            _mayHaveStaleConnection |= ending.Code != CloseCodes.Replaced;
            return ending;
        }
        finally
        {
            lock (_gate)
                _connection = null;
        }
    }

    private bool IsFinal(ConnectionEnd ending)
    {
        if (_isLeaving)
            return true;
        // No other client has this session: an earlier attempt, abandoned here or in a load balancer, joined late.
        if (ending.Code == CloseCodes.Replaced && _mayHaveStaleConnection)
            return _mayHaveStaleConnection = false;
        // The machine slept, or the callback failed for long: the next connection has a new token.
        if (ending is { Code: CloseCodes.Banned, Reason: "token-expired" } && _options.Token is not null)
            return false;
        if (ending.ConnectedFor is not null)
            _notFoundSince = null;
        if (ending.Status != 404 || _session.Position.Epoch is null)
            return ending.IsFinal;
        _notFoundSince ??= _options.Time.GetTimestamp();
        return _options.Time.GetElapsedTime(_notFoundSince.Value) >= RoomNotFoundRetryTime;
    }
}
