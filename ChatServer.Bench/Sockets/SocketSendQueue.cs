using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace ChatServer.Bench.Sockets;

/// <summary>
/// Frames that one connection has to send. Adding never waits: one send is pending at a time, and frames that are added meanwhile
/// are sent with the next one.
/// </summary>
internal sealed class SocketSendQueue : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Socket _socket;
    private readonly SocketAsyncEventArgs _send = new();
    private ArrayBufferWriter<byte> _waiting = new(512);
    private ArrayBufferWriter<byte> _inFlight = new(512);
    private bool _sending;
    private uint _mask = (uint)Random.Shared.Next();

    public SocketSendQueue(Socket socket)
    {
        _socket = socket;
        _send.Completed += (_, _) => Sent();
    }

    /// <summary>Adds a masked frame, which the next <see cref="Flush"/> sends.</summary>
    public void Add(WebSocketOpcode opcode, ReadOnlySpan<byte> payload)
    {
        lock (_lock)
        {
            var frame = _waiting.GetSpan(8 + payload.Length);
            frame[0] = (byte)(0x80 | (byte)opcode);
            var header = 2;
            if (payload.Length < 126)
            {
                frame[1] = (byte)(0x80 | payload.Length);
            }
            else
            {
                frame[1] = 0x80 | 126;
                BinaryPrimitives.WriteUInt16BigEndian(frame[2..], checked((ushort)payload.Length));
                header = 4;
            }
            // The mask prevents proxies from interpreting a frame as a request. It must vary, but need not be secret.
            _mask = (_mask * 1664525) + 1013904223;
            Span<byte> mask = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(mask, _mask);
            mask.CopyTo(frame[header..]);
            var masked = frame.Slice(header + 4, payload.Length);
            for (var i = 0; i < payload.Length; i++)
                masked[i] = (byte)(payload[i] ^ mask[i & 3]);
            _waiting.Advance(header + 4 + payload.Length);
        }
    }

    /// <summary>Sends the added frames.</summary>
    public void Flush()
    {
        while (TryTake() && !Send())
            Finish();
    }

    public void Dispose() => _send.Dispose();

    private bool TryTake()
    {
        lock (_lock)
        {
            if (_sending || _waiting.WrittenCount == 0)
                return false;
            (_waiting, _inFlight) = (_inFlight, _waiting);
            _sending = true;
            return true;
        }
    }

    // True if the send completes later. A send of a stream socket completes after all bytes were sent.
    private bool Send()
    {
        try
        {
            _send.SetBuffer(System.Runtime.InteropServices.MemoryMarshal.AsMemory(_inFlight.WrittenMemory));
            return _socket.SendAsync(_send);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private void Sent()
    {
        Finish();
        Flush();
    }

    // A failed send ends here too: the receive reports the lost connection.
    private void Finish()
    {
        lock (_lock)
        {
            _inFlight.ResetWrittenCount();
            _sending = false;
        }
    }
}
