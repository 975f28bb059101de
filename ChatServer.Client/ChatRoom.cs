using System.Text;
using ChatServer.Contracts;

namespace ChatServer.Client;

/// <summary>
/// A seat in a room, kept until it is disposed of or the room takes it away. Connections come and go behind it: lost ones are replaced,
/// through another address if need be, and the room is asked for what was missed.
/// </summary>
/// <remarks>
/// Every event of the log is handed to <see cref="Events"/> once and in order; should the room not have one any more, that is told.
/// A message is acknowledged when the log holds it, once, however often it had to be sent. All members may be used from any thread.
/// </remarks>
public sealed class ChatRoom : IAsyncDisposable
{
    // A Redis that lost its data knows no rooms until their hosts have told it: only who stays unknown is gone.
    private static readonly TimeSpan RoomNotFoundRetryTime = TimeSpan.FromSeconds(10);

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ChatRoomOptions _options;
    private readonly EventBuffer _events;
    private readonly PendingMessageQueue _pendingMessages;
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
        _session = new RoomSession(options, _events, _pendingMessages);
        _dialer = new Dialer(options);
        _backoff = new Backoff(options.Addresses.Count, options.MaxBackoff);
        _pendingMessages.UnsentAvailable += () =>
        {
            Current?.Wake();
            _events.CheckLag();
        };
    }

    /// <summary>The room's name.</summary>
    public string Name => _options.Room;

    /// <summary>What people see above the room.</summary>
    public string Title => _session.Title;

    /// <summary>Our name in the room. May get another number should the room come back from a crash moments after it was given.</summary>
    public string User => _session.User!;

    /// <summary>
    /// What happens, from the first <see cref="Welcomed"/> to <see cref="Closed"/>, which is the end. One reader at a time; another one
    /// goes on where it stopped. Who does not read is told later what the room still has.
    /// </summary>
    /// <exception cref="InvalidOperationException">Somebody reads already (thrown by the enumerator).</exception>
    public IAsyncEnumerable<ChatEvent> Events => _events.ReadAsync(CancellationToken.None);

    /// <summary>Joins a room.</summary>
    /// <param name="addresses">A load balancer (<c>http://localhost:2000</c>), or several, comma-separated.</param>
    /// <param name="room">The room's name.</param>
    /// <param name="user">The name to go by; null: a guest's.</param>
    /// <param name="ct">Ends the attempts.</param>
    /// <exception cref="JoinRefusedException">There is no such room, or it does not let us in.</exception>
    /// <exception cref="OperationCanceledException">What may pass (nobody there, too many, not now) did not pass in time.</exception>
    public static Task<ChatRoom> JoinAsync(string addresses, string room, string? user = null, CancellationToken ct = default) => JoinAsync(
        new ChatRoomOptions
        {
            Addresses = [.. addresses.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(a => new Uri(a))],
            Room = room,
            User = user,
        },
        ct);

    /// <inheritdoc cref="JoinAsync(string, string, string?, CancellationToken)"/>
    /// <param name="options">Where, as whom, and with how much patience.</param>
    /// <param name="ct">Ends the attempts.</param>
    /// <exception cref="ArgumentException">An option is not what it should be.</exception>
    /// <exception cref="RoomClosedException">The room closed the connection before it let us in.</exception>
    public static async Task<ChatRoom> JoinAsync(ChatRoomOptions options, CancellationToken ct = default)
    {
        options.Check();
        var room = new ChatRoom(options);
        // On the pool, wherever we are called from: nothing below waits for a user interface.
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
    /// Says something. The task ends when the room's log holds it, with its place there; lost connections and passing refusals only delay
    /// it. Messages that are said without waiting for each other keep their order unless the room refuses one of them for a moment.
    /// </summary>
    /// <param name="text">1 to 4000 characters.</param>
    /// <param name="ct">Stops trying. Whether the message was logged by then is not known.</param>
    /// <exception cref="ArgumentException">That is no text for a message.</exception>
    /// <exception cref="MessageRefusedException">The room does not take it: muted, read-only, too long, ….</exception>
    /// <exception cref="RoomClosedException">We are out of the room.</exception>
    public Task<Message> SayAsync(string text, CancellationToken ct = default)
    {
        if (!MessageTexts.IsValid(text))
            throw new ArgumentException($"A message has 1 to {Limits.MaxTextLength} characters.", nameof(text));
        // Half of a surrogate pair cannot be sent. What it throws is an ArgumentException.
        _ = Utf8.GetByteCount(text);
        return _pendingMessages.SayAsync(text, ct);
    }

    /// <summary>Tells the others that we are typing: at most once a second, and not at all while there is no connection.</summary>
    public void TellTyping() => Current?.SendTyping();

    /// <summary>Leaves the room. What still waits to be acknowledged fails with <see cref="RoomClosedException"/>.</summary>
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
            // Of whoever gives the token, before we were in; anything else is our own fault, and must not leave anybody waiting.
            _session.Fail(e);
            ending = ConnectionEnd.Broken(e.Message);
        }
        _session.Close(ending);
    }

    // One attempt, and the connection that it leads to.
    private async Task<ConnectionEnd> ConnectAsync()
    {
        var (socket, refused) = await _dialer.DialAsync(_session.User, _session.Position, _leaving.Token);
        if (socket is null)
        {
            _mayHaveStaleConnection |= refused!.Code == ConnectionEnd.Abnormal;
            return refused!;
        }
        using var connection = new Connection(socket, _pendingMessages, _options, _session.HandleAsync);
        lock (_gate)
        {
            if (_isLeaving)
                return ConnectionEnd.Left;
            _connection = connection;
        }
        try
        {
            _session.Begin();
            var ending = await connection.RunAsync(_leaving.Token);
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
        // Nobody else has our session. On the way back an attempt that we gave up, or a load balancer did for us, may be let in late.
        if (ending.Code == CloseCodes.Replaced && _mayHaveStaleConnection)
            return _mayHaveStaleConnection = false;
        if (ending.ConnectedFor is not null)
            _notFoundSince = null;
        if (ending.Status != 404 || _session.Position.Epoch is null)
            return ending.IsFinal;
        _notFoundSince ??= _options.Time.GetTimestamp();
        return _options.Time.GetElapsedTime(_notFoundSince.Value) >= RoomNotFoundRetryTime;
    }
}
