using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Unicode;
using ChatServer.Contracts;

namespace ChatServer.Broadcast.Frames;

/// <summary>
/// RFC 6455, the server's ear: turns the bytes of one client, cut anywhere, into calls of an <see cref="IFrameHandler"/>.
/// A text frame that lies whole in what was received is unmasked in place and handed on without a copy; only what is
/// incomplete when a read ends is kept: a header here, a payload in <see cref="PartialText"/>.
/// </summary>
/// <remarks>
/// <para>(0) Skip everything once stopped. (1) Go on with a payload that a read cut in two. (2) Find a header, kept bytes first.
/// (3) Judge it before any payload is looked at. (4) A whole frame is served from where it lies; (5) of another, what is
/// there is kept.</para>
/// One thread at a time, except for <see cref="Stop"/>.
/// </remarks>
/// <param name="maxMessageBytes">Most bytes of a frame, and of a message made of fragments; more is a violation (1009).</param>
/// <param name="deflate">Whether permessage-deflate was negotiated: RSV1 marks a compressed message.</param>
public sealed class FrameReader(int maxMessageBytes, bool deflate = false)
{
    private const int MaxControlBytes = 125;

    /// <summary>Stands for a Close frame without a code; never on the wire.</summary>
    private const ushort NoStatusCode = 1005;

    private volatile bool _stopped;

    // A header that a read cut in two.
    private HeaderBytes _header;
    private int _headerLength;

    // The frame whose payload a read cut in two: bytes still to come, and how to read them.
    private int _remaining;
    private uint _key;
    private FrameOpcode _opcode;
    private bool _final;
    private byte[]? _control;
    private int _controlLength;

    // The message under way is compressed. Its bytes are kept as they come, and become text when it is whole.
    private bool _compressed;

    // A message of which frames are still to come, or of which a frame is incomplete.
    private bool _fragmented;
    private PartialText? _partial;

    /// <summary>Whether nothing more is parsed: after a violation, a Close frame or <see cref="Stop"/>.</summary>
    public bool Stopped => _stopped;

    /// <summary>Parses nothing more; a call of the handler that is under way on another thread is the last.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Gives rented memory back. The reader is at its end.</summary>
    public void Release()
    {
        _stopped = true;
        _partial?.Clear();
        _partial = null;
        _control = null;
    }

    /// <summary>Parses what was received, which is overwritten. Exceptions of the handler pass through.</summary>
    public void Read(Span<byte> received, IFrameHandler handler)
    {
        while (!_stopped && !received.IsEmpty) // :: Step 0
        {
            if (_remaining > 0)
            {
                received = received[ContinuePayload(received, handler)..]; // :: Step 1
                continue;
            }

            int headerBytes = FindHeader(received, out FrameHeader header); // :: Step 2
            received = received[headerBytes..];
            if (header.Size == 0)
                return;

            if (Validate(header) is (var code and not 0, var reason)) // :: Step 3
            {
                ReportViolation(handler, code, reason);
                return;
            }

            if (header.Opcode == FrameOpcode.Text)
                _compressed = header.Reserved != 0;
            int length = (int)header.Length;
            if (length <= received.Length) // :: Step 4
            {
                Span<byte> payload = received[..length];
                received = received[length..];
                FrameMask.Apply(payload, header.Key);
                HandleWholeFrame(header.Opcode, header.Final, payload, handler);
            }
            else // :: Step 5
            {
                (_remaining, _key, _opcode, _final) = (length, header.Key, header.Opcode, header.Final);
            }
        }
    }

    /// <summary>Bytes taken from <paramref name="received"/>; the header is empty when more are needed.</summary>
    private int FindHeader(ReadOnlySpan<byte> received, out FrameHeader header)
    {
        if (_headerLength == 0 && FrameHeader.TryParse(received, out header))
            return header.Size;

        int taken = 0;
        header = default;
        while (taken < received.Length)
        {
            _header[_headerLength++] = received[taken++];
            if (FrameHeader.TryParse(((ReadOnlySpan<byte>)_header)[.._headerLength], out header))
            {
                _headerLength = 0;
                break;
            }
        }
        return taken;
    }

    private (ushort Code, string Reason) Validate(in FrameHeader header)
    {
        if (header.Reserved != 0 && !(deflate && header is { Reserved: FrameHeader.Rsv1, Opcode: FrameOpcode.Text }))
            return (CloseCodes.ProtocolError, "reserved bits set");
        if (!header.Masked)
            return (CloseCodes.ProtocolError, "unmasked frame");
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
            case FrameOpcode.Binary:
                return (CloseCodes.UnsupportedData, "text only");
            case FrameOpcode.Text or FrameOpcode.Continuation:
                ulong soFar = (ulong)(_partial?.Length ?? 0);
                return header.Length > (ulong)maxMessageBytes - soFar ? (CloseCodes.TooBig, "message too big") : default;
            default:
                return (CloseCodes.ProtocolError, "reserved opcode");
        }
    }

    private int ContinuePayload(Span<byte> received, IFrameHandler handler)
    {
        Span<byte> chunk = received[..Math.Min(_remaining, received.Length)];
        FrameMask.Apply(chunk, _key);
        _key = FrameMask.Advance(_key, chunk.Length);
        _remaining -= chunk.Length;

        if (_opcode < FrameOpcode.Close)
        {
            if (_remaining == 0)
                _fragmented = !_final;
            HandleDataPart(chunk, last: _remaining == 0 && _final, handler);
        }
        else
        {
            _control ??= new byte[MaxControlBytes];
            chunk.CopyTo(_control.AsSpan(_controlLength));
            _controlLength += chunk.Length;
            if (_remaining == 0)
            {
                int length = _controlLength;
                _controlLength = 0;
                HandleControlFrame(_opcode, _control.AsSpan(0, length), handler);
            }
        }
        return chunk.Length;
    }

    private void HandleWholeFrame(FrameOpcode opcode, bool final, ReadOnlySpan<byte> payload, IFrameHandler handler)
    {
        if (opcode == FrameOpcode.Text && final && !_compressed)
        {
            if (Utf8.IsValid(payload))
                handler.OnText(payload);
            else
                ReportViolation(handler, CloseCodes.InvalidPayload, "text is not UTF-8");
        }
        else if (opcode < FrameOpcode.Close)
        {
            _fragmented = !final;
            HandleDataPart(payload, final, handler);
        }
        else
        {
            HandleControlFrame(opcode, payload, handler);
        }
    }

    private void HandleDataPart(ReadOnlySpan<byte> chunk, bool last, IFrameHandler handler)
    {
        _partial ??= new PartialText();
        if (_compressed)
        {
            _partial.AppendUnchecked(chunk);
            if (last)
                Inflate(_partial, handler);
        }
        else if (!_partial.TryAppend(chunk) || last && !_partial.IsCompleteUtf8)
        {
            ReportViolation(handler, CloseCodes.InvalidPayload, "text is not UTF-8");
        }
        else if (last)
        {
            handler.OnText(_partial.Bytes);
            _partial?.Clear();
        }
    }

    private void Inflate(PartialText deflated, IFrameHandler handler)
    {
        deflated.AppendUnchecked(FrameInflater.DeflateTail);
        byte[] text = ArrayPool<byte>.Shared.Rent(maxMessageBytes);
        switch (FrameInflater.Inflate(deflated.Segment, text.AsSpan(0, maxMessageBytes), out int length))
        {
            case InflateResult.Malformed:
                ReportViolation(handler, CloseCodes.InvalidPayload, "not a deflated message");
                break;
            case InflateResult.TooBig:
                ReportViolation(handler, CloseCodes.TooBig, "message too big");
                break;
            case InflateResult.Done when !Utf8.IsValid(text.AsSpan(0, length)):
                ReportViolation(handler, CloseCodes.InvalidPayload, "text is not UTF-8");
                break;
            default:
                deflated.Clear();
                handler.OnText(text.AsSpan(0, length));
                break;
        }
        ArrayPool<byte>.Shared.Return(text);
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
            case FrameOpcode.Close when payload.IsEmpty:
                _stopped = true;
                handler.OnClose(NoStatusCode);
                break;
            default:
                ushort code = payload.Length < 2 ? (ushort)0 : (ushort)(payload[0] << 8 | payload[1]);
                if (!IsSendableCloseCode(code))
                {
                    ReportViolation(handler, CloseCodes.ProtocolError, "bad close code");
                }
                else if (!Utf8.IsValid(payload[2..]))
                {
                    ReportViolation(handler, CloseCodes.InvalidPayload, "close reason is not UTF-8");
                }
                else
                {
                    _stopped = true;
                    handler.OnClose(code);
                }
                break;
        }
    }

    /// <summary>The codes a peer may put into a Close frame: assigned ones, and those for libraries and applications.</summary>
    private static bool IsSendableCloseCode(ushort code) => code is >= 1000 and <= 1003 or >= 1007 and <= 1014 or >= 3000 and <= 4999;

    private void ReportViolation(IFrameHandler handler, ushort code, string reason)
    {
        Release();
        handler.OnViolation(code, reason);
    }

    [InlineArray(FrameHeader.MaxBytes)]
    private struct HeaderBytes
    {
        private byte _first;
    }
}
