using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using ChatServer.Contracts;

namespace ChatServer.Bench.Sockets;

/// <summary>
/// A member's connection after its handshake, reduced to the needs of a load generator: one pending receive, frames read in place, no
/// allocation per frame. After a few receives it yields to other connections.
/// </summary>
internal sealed class RoomSocket : IThreadPoolWorkItem, IDisposable
{
    private const int MaxSyncReceives = 4;
    private const int NoStatus = 1005, AbnormalClosure = 1006;

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

    /// <summary>Adds a frame, which <see cref="Flush"/> sends.</summary>
    public void Add(WebSocketOpcode opcode, ReadOnlySpan<byte> payload) => _outbox.Add(opcode, payload);

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
            _outbox.Add(WebSocketOpcode.Close, normal);
            _outbox.Flush();
        }
        _socket.Dispose();
        _outbox.Dispose();
        _receive.Dispose();
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
        while (true)
        {
            var read = WebSocketFrame.TryRead(_buffer.AsSpan(start, _filled - start), out var frame);
            if (read == FrameReadResult.Malformed)
                return Close(AbnormalClosure, "a frame that no room sends");
            if (read == FrameReadResult.Incomplete)
                break;
            start += frame.Length;
            if (frame.Opcode == WebSocketOpcode.Text)
                _handler.OnText(frame.Payload);
            else if (!HandleControlFrame(frame))
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

    private bool HandleControlFrame(WebSocketFrame frame)
    {
        switch (frame.Opcode)
        {
            case WebSocketOpcode.Ping:
                _outbox.Add(WebSocketOpcode.Pong, frame.Payload);
                _outbox.Flush();
                return true;
            case WebSocketOpcode.Pong:
                return true;
            case WebSocketOpcode.Close when frame.Payload.Length >= 2:
                return Close(BinaryPrimitives.ReadUInt16BigEndian(frame.Payload), Encoding.UTF8.GetString(frame.Payload[2..]));
            case WebSocketOpcode.Close:
                return Close(NoStatus, "");
            default:
                return Close(AbnormalClosure, $"a frame with opcode {(int)frame.Opcode}");
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
