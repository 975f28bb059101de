using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using ChatServer.Broadcast.Frames;

namespace ChatServer.Cli.Sockets;

/// <summary>
/// Frames that one connection has to send. Adding never waits: one send is pending at a time, and frames that are added meanwhile
/// are sent with the next one.
/// </summary>
internal sealed class SocketSendQueue : IDisposable
{
    private const byte MaskBit = 0x80;
    private const int MaskBytes = 4;

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
    public void Add(FrameOpcode opcode, ReadOnlySpan<byte> payload)
    {
        lock (_lock)
        {
            var frame = _waiting.GetSpan(FrameHeader.MaxBytes + payload.Length);
            var header = FrameWriter.WriteHeader(frame, opcode, payload.Length);
            frame[1] |= MaskBit;
            // The mask prevents proxies from interpreting a frame as a request. It must vary, but need not be secret.
            _mask = (_mask * 1664525) + 1013904223;
            BinaryPrimitives.WriteUInt32LittleEndian(frame[header..], _mask);
            var masked = frame.Slice(header + MaskBytes, payload.Length);
            payload.CopyTo(masked);
            FrameMask.Apply(masked, _mask);
            _waiting.Advance(header + MaskBytes + payload.Length);
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
