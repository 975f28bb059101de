using System.Buffers.Binary;

namespace ChatServer.Bench.Sockets;

internal enum WebSocketOpcode : byte
{
    Text = 1,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

internal enum FrameReadResult
{
    /// <summary>More bytes are needed.</summary>
    Incomplete,
    Complete,

    /// <summary>Masked, fragmented or with reserved bits: a room does not send such frames without an extension.</summary>
    Malformed,
}

/// <summary>A frame from the server: the part of RFC 6455 that a room uses.</summary>
internal readonly ref struct WebSocketFrame(WebSocketOpcode opcode, ReadOnlySpan<byte> payload, int length)
{
    public WebSocketOpcode Opcode { get; } = opcode;
    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>Bytes of the whole frame.</summary>
    public int Length { get; } = length;

    /// <summary>Reads the frame at the start of <paramref name="bytes"/>.</summary>
    public static FrameReadResult TryRead(ReadOnlySpan<byte> bytes, out WebSocketFrame frame)
    {
        frame = default;
        if (bytes.Length < 2)
            return FrameReadResult.Incomplete;
        // Only FIN of the upper bits is set, and there is no mask.
        if ((bytes[0] & 0xF0) != 0x80 || bytes[1] > 127)
            return FrameReadResult.Malformed;
        var header = 2;
        long length = bytes[1];
        if (length == 126)
        {
            if (bytes.Length < 4)
                return FrameReadResult.Incomplete;
            (header, length) = (4, BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
        }
        else if (length == 127)
        {
            if (bytes.Length < 10)
                return FrameReadResult.Incomplete;
            (header, length) = (10, BinaryPrimitives.ReadInt64BigEndian(bytes[2..]));
            if (length is < 0 or > MaxPayload)
                return FrameReadResult.Malformed;
        }
        if (bytes.Length - header < length)
            return FrameReadResult.Incomplete;
        frame = new WebSocketFrame((WebSocketOpcode)(bytes[0] & 0x0F), bytes.Slice(header, (int)length), header + (int)length);
        return FrameReadResult.Complete;
    }

    // More than the largest event: a text has at most 4,000 characters.
    private const int MaxPayload = 1 << 20;
}
