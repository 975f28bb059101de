using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using ChatServer.Broadcast.Frames;
using ChatServer.Contracts;

namespace ChatServer.Cli.Sockets;

/// <summary>
/// A member's connection after its handshake, reduced to the needs of a load generator: one pending receive, frames read in place, no
/// allocation per frame. After a few receives it yields to other connections.
/// </summary>
internal sealed class RoomSocket : IThreadPoolWorkItem, IDisposable
{
    private const int MaxSyncReceives = 4;
    private const int AbnormalClosure = 1006;

    // More than the largest event: a text has at most 4,000 characters.
    private const int MaxPayloadBytes = 1 << 20;

    private readonly Socket _socket;
    private readonly IRoomSocketHandler _handler;
    private readonly SocketAsyncEventArgs _receive = new();
    private readonly SocketSendQueue _outbox;
    private byte[] _buffer;
    private int _filled;
    private volatile bool _closed;

    /// <param name="socket">A socket after the upgrade, which this object disposes.</param>
    /// <param name="handler">Handles the frames.</param>
    /// <param name="first">Bytes that arrived with the handshake response.</param>
    /// <param name="bufferBytes">Size of the receive buffer, which grows for larger frames.</param>
    public RoomSocket(Socket socket, IRoomSocketHandler handler, ReadOnlySpan<byte> first, int bufferBytes)
    {
        _socket = socket;
        _handler = handler;
        _outbox = new SocketSendQueue(socket);
        // Allocated as pinned: a pending receive would pin it in the middle of the heap.
        _buffer = GC.AllocateUninitializedArray<byte>(Math.Max(bufferBytes, first.Length), pinned: true);
        first.CopyTo(_buffer);
        _filled = first.Length;
        _receive.Completed += (_, _) => Received();
    }

    /// <summary>Adds a text frame, which <see cref="Flush"/> sends.</summary>
    public void Add(ReadOnlySpan<byte> text) => _outbox.Add(FrameOpcode.Text, text);

    /// <summary>Sends the added frames.</summary>
    public void Flush() => _outbox.Flush();

    /// <summary>Starts receiving; call once.</summary>
    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    /// <summary>Closes the connection, with a Close frame if the socket accepts it at once. The handler is not called.</summary>
    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            Span<byte> normal = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(normal, CloseCodes.Normal);
            _outbox.Add(FrameOpcode.Close, normal);
            _outbox.Flush();
        }
        _socket.Dispose();
        _outbox.Dispose();
        _receive.Dispose();
    }

    /// <summary>Resets the connection (TCP RST) instead of closing it.</summary>
    public void Reset()
    {
        _closed = true;
        _socket.LingerState = new LingerOption(true, 0);
        Dispose();
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (HandleFrames())
            Receive();
    }

    private void Receive()
    {
        try
        {
            for (var i = 0; i < MaxSyncReceives; i++)
            {
                _receive.SetBuffer(_buffer, _filled, _buffer.Length - _filled);
                if (_socket.ReceiveAsync(_receive))
                    return;
                if (!HandleReceived())
                    return;
            }
        }
        catch (ObjectDisposedException)
        {
            return; // Dispose was called
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Received()
    {
        if (HandleReceived())
            Receive();
    }

    // False if the connection has ended.
    private bool HandleReceived()
    {
        if (_closed)
            return false;
        if (_receive.SocketError != SocketError.Success)
            return Close(AbnormalClosure, $"{_receive.SocketError}");
        if (_receive.BytesTransferred == 0)
            return Close(AbnormalClosure, "end of stream");
        _filled += _receive.BytesTransferred;
        return HandleFrames();
    }

    private bool HandleFrames()
    {
        var start = 0;
        while (FrameHeader.TryParse(_buffer.AsSpan(start, _filled - start), out var header))
        {
            // A room sends no other frames without an extension.
            if (header is not { Final: true, Reserved: 0, Masked: false, Length: <= MaxPayloadBytes })
                return Close(AbnormalClosure, "a frame that no room sends");
            var end = start + header.Size + (int)header.Length;
            if (_filled < end)
                break;
            var payload = _buffer.AsSpan(start + header.Size, (int)header.Length);
            start = end;
            if (header.Opcode == FrameOpcode.Text)
                _handler.OnText(payload);
            else if (!HandleControlFrame(header.Opcode, payload))
                return false;
        }
        _handler.OnIdle();
        if (start > 0)
            _buffer.AsSpan(start, _filled - start).CopyTo(_buffer);
        _filled -= start;
        if (_filled == _buffer.Length)
            Grow();
        return true;
    }

    private bool HandleControlFrame(FrameOpcode opcode, ReadOnlySpan<byte> payload)
    {
        switch (opcode)
        {
            case FrameOpcode.Ping:
                _outbox.Add(FrameOpcode.Pong, payload);
                _outbox.Flush();
                return true;
            case FrameOpcode.Pong:
                return true;
            case FrameOpcode.Close:
                return ClosePayload.TryParse(payload, out var code, out var violation)
                    ? Close(code, payload.IsEmpty ? "" : Encoding.UTF8.GetString(payload[sizeof(ushort)..]))
                    : Close(AbnormalClosure, violation.Reason);
            default:
                return Close(AbnormalClosure, $"a frame with opcode {(int)opcode}");
        }
    }

    private void Grow()
    {
        var larger = GC.AllocateUninitializedArray<byte>(_buffer.Length * 2, pinned: true);
        _buffer.CopyTo(larger, 0);
        _buffer = larger;
    }

    // Always false: there is nothing more to receive.
    private bool Close(int code, string why)
    {
        if (!_closed)
        {
            _closed = true;
            _handler.OnClosed(code, why);
        }
        return false;
    }
}
