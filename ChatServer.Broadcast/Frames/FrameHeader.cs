using System.Buffers.Binary;

namespace ChatServer.Broadcast.Frames;

/// <summary>The 2 to 14 bytes before the payload of a frame, parsed and not validated.</summary>
internal readonly ref struct FrameHeader
{
    /// <summary>Two bytes, eight of a long length, four of a mask.</summary>
    public const int MaxBytes = 14;

    private readonly byte _first;

    private FrameHeader(byte first, bool masked, ulong length, uint key, int size)
    {
        _first = first;
        Masked = masked;
        Length = length;
        Key = key;
        Size = size;
    }

    public bool Final => (_first & 0x80) != 0;

    /// <summary>Marks the first frame of a compressed message, if compression was negotiated.</summary>
    public const int Rsv1 = 0x40;

    /// <summary>The bits RSV1 to RSV3.</summary>
    public int Reserved => _first & 0x70;

    public FrameOpcode Opcode => (FrameOpcode)(_first & 0x0F);

    /// <summary>Close, ping or pong, or an opcode reserved for such a frame.</summary>
    public bool IsControl => (_first & 0x08) != 0;

    public bool Masked { get; }

    /// <summary>Bytes of payload. The top bit is a protocol violation.</summary>
    public ulong Length { get; }

    /// <summary>The mask, first byte lowest.</summary>
    public uint Key { get; }

    /// <summary>Bytes of the header itself.</summary>
    public int Size { get; }

    /// <summary>Parses the header; false if <paramref name="bytes"/> ends before it.</summary>
    public static bool TryParse(scoped ReadOnlySpan<byte> bytes, out FrameHeader header)
    {
        header = default;
        if (bytes.Length < 2)
            return false;

        var masked = (bytes[1] & 0x80) != 0;
        var shortLength = bytes[1] & 0x7F;
        var lengthEnd = shortLength switch { 126 => 4, 127 => 10, _ => 2 };
        var size = lengthEnd + (masked ? 4 : 0);
        if (bytes.Length < size)
            return false;

        var length = shortLength switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            127 => BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
            _ => (ulong)shortLength,
        };
        var key = masked ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[lengthEnd..]) : 0;
        header = new FrameHeader(bytes[0], masked, length, key, size);
        return true;
    }
}
