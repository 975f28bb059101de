using System.Buffers;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Relays;
using ChatServer.LoadBalancer.Rooms;

namespace ChatServer.LoadBalancer.Edge;

/// <summary>
/// The connection of a relay, after its handshake: reads messages in turns of the room, and writes what was sent in one piece.
/// </summary>
/// <remarks><see cref="Send"/> and <see cref="Flush"/> are called in turns.</remarks>
internal sealed class RelayConnection(Stream stream, RouteWatch watch, TimeProvider time) : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    // A larger buffer is released after its use.
    private const int MaxIdleBytes = 256 * 1024;

    // A broadcast has at most the size of an event; a unicast that of a page of missed events, some events above 64 KiB.
    private const int MaxMessageBytes = 16 * 1024 * 1024;

    private readonly RelayWriter _writer = new(isMasked: true);
    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _pending = new();
    private ArrayBufferWriter<byte> _writing = new();
    private bool _isWriting, _isDisposed;
    private long _receivedAt = time.GetTimestamp();

    /// <summary>Whether the room is known to be elsewhere.</summary>
    public bool HasMoved => watch.Moved.IsCancellationRequested;

    /// <summary>Adds a message, which <see cref="Flush"/> sends.</summary>
    public void Send(WriteRelayMessage write)
    {
        lock (_gate)
            _pending.Write(write(_writer));
    }

    /// <summary>Sends what was added.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_isWriting || _pending.WrittenCount == 0)
                return;
            _isWriting = true;
        }
        _ = WriteAsync();
    }

    /// <summary>
    /// Reads until the connection ends, the room moves, or the host is silent. <paramref name="inTurn"/> runs its argument in a turn and
    /// completes after it.
    /// </summary>
    public async Task RunAsync(IFrameHandler handler, Func<Action, Task> inTurn)
    {
        await using var registration = watch.Moved.Register(Dispose);
        await using var pings = time.CreateTimer(_ => KeepAlive(), null, RelayProtocol.PingInterval, RelayProtocol.PingInterval);
        var reader = new FrameReader(MaxMessageBytes, peer: FramePeer.Server);
        try
        {
            while (!reader.Stopped && await ReadAsync(reader, handler, inTurn))
            {
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The host is gone, or the connection was disposed.
        }
        finally
        {
            reader.Release();
            Dispose();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }
        stream.Dispose();
        watch.Dispose();
    }

    // Waits without a buffer: many rooms are quiet. False at the end of the connection.
    private async Task<bool> ReadAsync(FrameReader reader, IFrameHandler handler, Func<Action, Task> inTurn)
    {
        _ = await stream.ReadAsync(Memory<byte>.Empty);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            var received = await stream.ReadAsync(buffer);
            Volatile.Write(ref _receivedAt, time.GetTimestamp());
            if (received > 0)
                await inTurn(() => reader.Read(buffer.AsSpan(0, received), handler));
            return received > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void KeepAlive()
    {
        if (time.GetElapsedTime(Volatile.Read(ref _receivedAt)) > RelayProtocol.SilenceTimeout)
        {
            Dispose();
            return;
        }
        Send(static writer => writer.Ping());
        Flush();
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    if (_pending.WrittenCount == 0 || _isDisposed)
                    {
                        _isWriting = false;
                        return;
                    }
                    (_pending, _writing) = (_writing, _pending);
                }
                await stream.WriteAsync(_writing.WrittenMemory);
                if (_writing.Capacity > MaxIdleBytes)
                    _writing = new ArrayBufferWriter<byte>();
                _writing.ResetWrittenCount();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            Dispose(); // the reader ends too
        }
    }
}
