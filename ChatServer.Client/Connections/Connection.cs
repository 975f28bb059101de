using System.Buffers;
using System.IO;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using ChatServer.Client.Log;
using ChatServer.Contracts;

namespace ChatServer.Client.Connections;

/// <summary>One WebSocket, from the handshake to its end: a receive loop, a send loop, and a timer that detects silence.</summary>
internal sealed class Connection : IDisposable
{
    // More than the largest frame of the contract with all characters escaped; a welcome contains at most 100 names.
    private const int MaxReceivedBytes = 1024 * 1024;

    private const int InitialBufferBytes = 4 * 1024;

    // Time limit for the closing handshake, and for receiving the server's Close frame after a failed send.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);

    // The room forwards typing events no more often.
    private static readonly TimeSpan TypingInterval = TimeSpan.FromSeconds(1);

    private readonly WebSocket _socket;
    private readonly PendingMessageQueue _pendingMessages;
    private readonly PendingCommandQueue _commands;
    private readonly ChatRoomOptions _options;
    private readonly Func<ServerFrame, Connection, CancellationToken, ValueTask> _handle;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly CancellationTokenSource _aborted;
    private readonly Heartbeat _heartbeat;
    private readonly ITimer _sendTimer;
    private readonly SendRateLimiter _rateLimiter;
    private ServerFrame? _closing;
    private ConnectionEnd? _ending;
    private ServerLimits? _limits;
    private long? _openedAt, _typingSentAt;
    private volatile bool _isPingDue, _isTyping, _isLeaving;
    private string? _newToken;
    private int _renewals;

    /// <param name="socket">An open socket, which this object disposes.</param>
    /// <param name="pendingMessages">Messages to send after the welcome.</param>
    /// <param name="commands">Commands to send after the welcome.</param>
    /// <param name="options">Options of the client.</param>
    /// <param name="handle">Handles each frame; while it waits, no frame is received.</param>
    public Connection(
        WebSocket socket, PendingMessageQueue pendingMessages, PendingCommandQueue commands, ChatRoomOptions options,
        Func<ServerFrame, Connection, CancellationToken, ValueTask> handle)
    {
        (_socket, _pendingMessages, _commands, _options, _handle) = (socket, pendingMessages, commands, options, handle);
        _aborted = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.Time);
        _rateLimiter = new SendRateLimiter(options.Time);
        _sendTimer = options.Time.CreateTimer(
            static c => ((Connection)c!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _heartbeat = new Heartbeat(options.Time, options.ConnectTimeout, SendPing, () =>
            Abort(ConnectionEnd.Broken("The server has been silent for too long.")));
    }

    /// <summary>Runs until either side ends the connection.</summary>
    public async Task<ConnectionEnd> RunAsync(CancellationToken ct)
    {
        using var outer = ct.UnsafeRegister(static c => ((Connection)c!).Abort(ConnectionEnd.Left), this);
        var sending = SendAsync(_aborted.Token);
        ConnectionEnd ending;
        try
        {
            ending = await ReceiveAsync(_aborted.Token);
            // The send loop answers the Close frame.
            _isLeaving = true;
            Wake();
            await sending.WaitAsync(CloseTimeout, _options.Time, _aborted.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or JsonException)
        {
            ending = Volatile.Read(ref _ending) ?? (_isLeaving ? ConnectionEnd.Left : ConnectionEnd.Broken(e.Message));
        }
        await _aborted.CancelAsync();
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _openedAt is { } opened ? ending with { ConnectedFor = _options.Time.GetElapsedTime(opened) } : ending;
    }

    /// <summary>The welcome has arrived: messages can be sent.</summary>
    public void Open(ServerLimits limits)
    {
        var ping = _options.PingAfter ?? TimeSpan.FromSeconds(Math.Max(1, limits.PingSeconds));
        var limit = _options.SilenceLimit ?? TimeSpan.FromSeconds(limits.SilenceSeconds);
        _heartbeat.SetLimits(ping, limit > ping ? limit : 2 * ping);
        _rateLimiter.SetLimit(limits.MessagesPerSecond, limits.MessageBurst);
        _openedAt = _options.Time.GetTimestamp();
        Volatile.Write(ref _limits, limits);
        Wake();
    }

    /// <summary>The server announced that it closes the connection.</summary>
    public void SetClosing(ServerFrame closing) => _closing = closing;

    /// <summary>The room accepted a message of this client.</summary>
    public void OnMessageAccepted() => _rateLimiter.OnAccepted();

    /// <summary>The room refused a message temporarily.</summary>
    public void OnMessageRefused(TimeSpan? retryAfter)
    {
        _rateLimiter.OnRefused(retryAfter);
        Wake();
    }

    /// <summary>Sends a typing event, unless one was sent within the last second.</summary>
    public void SendTyping()
    {
        _isTyping = true;
        Wake();
    }

    /// <summary>Sends a newer join token.</summary>
    public void SendToken(string token)
    {
        Volatile.Write(ref _newToken, token);
        Wake();
    }

    /// <summary>Wakes the send loop.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Sends a Close frame and waits for the answer, with a time limit.</summary>
    public void Leave()
    {
        _isLeaving = true;
        _aborted.CancelAfter(CloseTimeout);
        Wake();
    }

    /// <summary>Ends the connection without a Close frame. The first reason is kept.</summary>
    public void Abort(ConnectionEnd reason)
    {
        Interlocked.CompareExchange(ref _ending, reason, null);
        _ = _aborted.CancelAsync();
    }

    public void Dispose()
    {
        _heartbeat.Dispose();
        _sendTimer.Dispose();
        _socket.Dispose();
        // _aborted is cancelled and holds no resources. It is not disposed, because late calls may still use it.
    }

    private async Task<ConnectionEnd> ReceiveAsync(CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(InitialBufferBytes);
        try
        {
            for (var length = 0; ;)
            {
                if (length == buffer.Length)
                    buffer = Resize(buffer, length, 2 * length);
                var read = await _socket.ReceiveAsync(buffer.AsMemory(length), ct);
                _heartbeat.OnReceived();
                if (read.MessageType == WebSocketMessageType.Close)
                    return EndFromClose();
                length += read.Count;
                if (!read.EndOfMessage)
                    continue;
                var handling = _handle(ServerFrame.Parse(buffer.AsSpan(0, length)), this, ct);
                if (!handling.IsCompletedSuccessfully)
                {
                    _heartbeat.Pause();
                    await handling;
                    _heartbeat.OnReceived();
                }
                length = 0;
                if (buffer.Length > Limits.MaxFrameBytes)
                    buffer = Resize(buffer, 0, InitialBufferBytes);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ConnectionEnd EndFromClose() => ConnectionEnd.Closed(
        (int?)_socket.CloseStatus ?? ConnectionEnd.Abnormal,
        _closing?.Reason ?? _socket.CloseStatusDescription ?? "",
        _closing?.Reconnect);

    private static byte[] Resize(byte[] buffer, int length, int size)
    {
        if (size > MaxReceivedBytes)
            throw new JsonException($"The server sent a frame of more than {MaxReceivedBytes} bytes.");
        var other = ArrayPool<byte>.Shared.Rent(size);
        buffer.AsSpan(0, length).CopyTo(other);
        ArrayPool<byte>.Shared.Return(buffer);
        return other;
    }

    private async Task SendAsync(CancellationToken ct)
    {
        var frame = new ArrayBufferWriter<byte>(256);
        try
        {
            while (!_isLeaving)
            {
                if (TryWriteNextFrame(frame))
                    await _socket.SendAsync(frame.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, ct);
                else
                    await _wake.Reader.ReadAsync(ct);
            }
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            // The last frames of the server may still arrive.
            _aborted.CancelAfter(CloseTimeout);
        }
    }

    private bool TryWriteNextFrame(ArrayBufferWriter<byte> frame)
    {
        frame.ResetWrittenCount();
        if (_isPingDue)
        {
            _isPingDue = false;
            frame.Write(ClientFrames.Ping);
            return true;
        }
        if (Volatile.Read(ref _limits) is not { } limits)
            return false;
        if (Interlocked.Exchange(ref _newToken, null) is { } token)
        {
            // A load balancer sends a frame with an id again if the room's host was lost.
            ClientFrames.WriteToken(frame, $"token-{++_renewals}", token);
            return true;
        }
        if (_isTyping)
        {
            _isTyping = false;
            if (_typingSentAt is not { } sentAt || _options.Time.GetElapsedTime(sentAt) >= TypingInterval)
            {
                _typingSentAt = _options.Time.GetTimestamp();
                frame.Write(ClientFrames.Typing);
                return true;
            }
        }
        if (!_pendingMessages.HasUnsent && !_commands.HasUnsent)
            return false;
        if (_rateLimiter.TimeUntilNextSend() is var wait && wait > TimeSpan.Zero)
        {
            _sendTimer.Change(wait, Timeout.InfiniteTimeSpan);
            return false;
        }
        if (_commands.TryTake(out var command))
        {
            ClientFrames.WriteCommand(frame, command.Id, command.Command);
            _rateLimiter.OnSending();
            return true;
        }
        while (_pendingMessages.TryTake(out var message))
        {
            ClientFrames.WriteMessage(frame, message.Id, message.Text);
            if (frame.WrittenCount <= limits.MaxFrameBytes)
            {
                _rateLimiter.OnSending();
                return true;
            }
            // The server would close the connection, and the next connection would send the message again.
            _pendingMessages.Refuse(message.Id, RoomErrorCodes.TooLong, $"The message takes more than {limits.MaxFrameBytes} bytes.");
            frame.ResetWrittenCount();
        }
        return false;
    }

    private void SendPing()
    {
        _isPingDue = true;
        Wake();
    }
}
