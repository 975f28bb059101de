using System.Text.Unicode;
using ChatServer.Contracts;

namespace ChatServer.Broadcast.Frames;

/// <summary>
/// Parses the frames of one client (RFC 6455, section 5) from bytes that are cut anywhere, and calls an <see cref="IFrameHandler"/>. A text
/// frame that was received whole is unmasked in place and passed on without a copy; kept are only an incomplete header and an incomplete
/// message (<see cref="MessageAssembler"/>).
/// </summary>
/// <remarks>One thread at a time, except for <see cref="Stop"/>.</remarks>
/// <param name="maxMessageBytes">Largest frame, and largest message made of fragments, in bytes; more is a violation (1009).</param>
/// <param name="deflate">Whether permessage-deflate was negotiated: RSV1 marks a compressed message.</param>
/// <param name="peer">The sender of the frames.</param>
public sealed class FrameReader(int maxMessageBytes, bool deflate = false, FramePeer peer = FramePeer.Member)
{
    private const int MaxControlBytes = 125;

    private volatile bool _stopped;

    private readonly PartialHeader _partialHeader = new();

    // The frame whose payload a read cut: bytes still to come, and how to read them.
    private int _remaining;
    private uint _key;
    private FrameOpcode _opcode;
    private bool _final;
    private byte[]? _control;
    private int _controlLength;

    // The message of which frames are still to come, or of which a frame is incomplete.
    private bool _fragmented, _compressed, _binary;
    private MessageAssembler? _message;

    /// <summary>Whether nothing more is parsed: after a violation, a Close frame or <see cref="Stop"/>.</summary>
    public bool Stopped => _stopped;

    /// <summary>Stops parsing; a call of the handler that runs on another thread is the last.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Stops parsing and releases memory. The last call.</summary>
    public void Release()
    {
        _stopped = true;
        _message?.Clear();
        _message = null;
        _control = null;
    }

    /// <summary>Ends <see cref="Read"/> after the current frame while set.</summary>
    public bool IsPaused { get; set; }

    // :: Step 1: bytes become text frames.
    /// <summary>
    /// Parses <paramref name="received"/>, which is overwritten, and returns what a pause left. Exceptions of the handler pass through.
    /// </summary>
    public Span<byte> Read(Span<byte> received, IFrameHandler handler)
    {
        while (!_stopped && !IsPaused && !received.IsEmpty)
        {
            if (_remaining > 0)
            {
                received = received[ContinuePayload(received, handler)..];
                continue;
            }

            received = received[_partialHeader.Complete(received, out var header)..];
            if (header.Size == 0)
                return default;

            // The header is validated before its payload is looked at.
            if (Validate(header) is (var code and not 0, var reason))
            {
                ReportViolation(handler, code, reason);
                return default;
            }

            if (header.Opcode is FrameOpcode.Text or FrameOpcode.Binary)
                (_compressed, _binary) = (header.Reserved != 0, header.Opcode == FrameOpcode.Binary);
            var length = (int)header.Length;
            if (length <= received.Length)
            {
                var payload = received[..length];
                received = received[length..];
                FrameMask.Apply(payload, header.Key);
                HandleWholeFrame(header.Opcode, header.Final, payload, handler);
            }
            else
            {
                (_remaining, _key, _opcode, _final) = (length, header.Key, header.Opcode, header.Final);
            }
        }
        return _stopped ? default : received;
    }

    private (ushort Code, string Reason) Validate(in FrameHeader header)
    {
        if (header.Reserved != 0 && !(deflate && header is { Reserved: FrameHeader.Rsv1, Opcode: FrameOpcode.Text or FrameOpcode.Binary }))
            return (CloseCodes.ProtocolError, "reserved bits set");
        if (header.Masked != (peer != FramePeer.Server))
            return (CloseCodes.ProtocolError, header.Masked ? "masked frame" : "unmasked frame");
        if (header.Length > long.MaxValue)
            return (CloseCodes.ProtocolError, "impossible length");

        switch (header.Opcode)
        {
            case FrameOpcode.Close or FrameOpcode.Ping or FrameOpcode.Pong:
                if (!header.Final)
                    return (CloseCodes.ProtocolError, "fragmented control frame");
                return header.Length > MaxControlBytes ? (CloseCodes.ProtocolError, "control frame too long") : default;
            case FrameOpcode.Continuation when !_fragmented:
                return (CloseCodes.ProtocolError, "continuation of nothing");
            case FrameOpcode.Text or FrameOpcode.Binary when _fragmented:
                return (CloseCodes.ProtocolError, "message inside a message");
            case FrameOpcode.Binary when peer == FramePeer.Member:
                return (CloseCodes.UnsupportedData, "text only");
            case FrameOpcode.Text or FrameOpcode.Binary or FrameOpcode.Continuation:
                var soFar = (ulong)(_message?.Length ?? 0);
                return header.Length > (ulong)maxMessageBytes - soFar ? (CloseCodes.TooBig, "message too big") : default;
            default:
                return (CloseCodes.ProtocolError, "reserved opcode");
        }
    }

    private int ContinuePayload(Span<byte> received, IFrameHandler handler)
    {
        var part = received[..Math.Min(_remaining, received.Length)];
        FrameMask.Apply(part, _key);
        _key = FrameMask.Advance(_key, part.Length);
        _remaining -= part.Length;

        if (_opcode < FrameOpcode.Close)
        {
            if (_remaining == 0)
                _fragmented = !_final;
            HandleDataPart(part, isLast: _remaining == 0 && _final, handler);
            return part.Length;
        }
        _control ??= new byte[MaxControlBytes];
        part.CopyTo(_control.AsSpan(_controlLength));
        _controlLength += part.Length;
        if (_remaining == 0)
        {
            var length = _controlLength;
            _controlLength = 0;
            HandleControlFrame(_opcode, _control.AsSpan(0, length), handler);
        }
        return part.Length;
    }

    private void HandleWholeFrame(FrameOpcode opcode, bool final, ReadOnlySpan<byte> payload, IFrameHandler handler)
    {
        if (opcode >= FrameOpcode.Close)
        {
            HandleControlFrame(opcode, payload, handler);
        }
        else if (opcode == FrameOpcode.Continuation || !final || _compressed)
        {
            _fragmented = !final;
            HandleDataPart(payload, final, handler);
        }
        else if (_binary)
        {
            handler.OnBinary(payload);
        }
        else if (Utf8.IsValid(payload))
        {
            handler.OnText(payload);
        }
        else
        {
            ReportViolation(handler, CloseCodes.InvalidPayload, "text is not UTF-8");
        }
    }

    private void HandleDataPart(ReadOnlySpan<byte> part, bool isLast, IFrameHandler handler)
    {
        _message ??= new MessageAssembler(maxMessageBytes);
        if (_message.Add(part, isLast, _binary, _compressed, handler) is (var code and not 0, var reason))
            ReportViolation(handler, code, reason);
    }

    private void HandleControlFrame(FrameOpcode opcode, ReadOnlySpan<byte> payload, IFrameHandler handler)
    {
        switch (opcode)
        {
            case FrameOpcode.Ping:
                handler.OnPing(payload);
                break;
            case FrameOpcode.Pong:
                handler.OnPong();
                break;
            default:
                if (ClosePayload.TryParse(payload, out var code, out var violation))
                {
                    _stopped = true;
                    handler.OnClose(code, payload.IsEmpty ? payload : payload[sizeof(ushort)..]);
                }
                else
                {
                    ReportViolation(handler, violation.Code, violation.Reason);
                }
                break;
        }
    }

    private void ReportViolation(IFrameHandler handler, ushort code, string reason)
    {
        Release();
        handler.OnViolation(code, reason);
    }
}
