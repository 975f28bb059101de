using System.Buffers.Binary;
using System.Text;

namespace ChatServer.Broadcast.Frames;

/// <summary>
/// Writes the frames of a server: final, unmasked (RFC 6455, section 5.2). <see cref="FrameDeflater"/> writes compressed ones.
/// </summary>
public static class FrameWriter
{
    /// <summary>Most bytes of a header: two, and eight of a length above 65,535.</summary>
    public const int MaxHeaderBytes = 10;

    private const int MaxControlBytes = 125;
    private const int MaxReasonBytes = MaxControlBytes - sizeof(ushort);
    private const byte Final = 0x80;

    /// <summary>A ping without payload.</summary>
    public static ReadOnlySpan<byte> Ping => [Final | (byte)FrameOpcode.Ping, 0];

    /// <summary>Bytes of the header of a frame with this payload: 2, 4 or 10.</summary>
    public static int HeaderLength(int payloadLength) => payloadLength switch { <= MaxControlBytes => 2, <= ushort.MaxValue => 4, _ => 10 };

    /// <summary>Writes the header of a frame with <paramref name="length"/> bytes of payload. Returns the length of the header.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The destination is too small, see <see cref="HeaderLength"/>.</exception>
    public static int WriteHeader(Span<byte> destination, FrameOpcode opcode, int length)
    {
        var size = HeaderLength(length);
        destination[size - 1] = 0;
        destination[0] = (byte)(Final | (byte)opcode);
        switch (size)
        {
            case 2:
                destination[1] = (byte)length;
                break;
            case 4:
                destination[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)length);
                break;
            default:
                destination[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(destination[2..], (ulong)length);
                break;
        }
        return size;
    }

    /// <summary>Length of the header of an unmasked frame.</summary>
    public static int HeaderLengthOf(ReadOnlySpan<byte> frame) => (frame[1] & 0x7F) switch { 127 => 10, 126 => 4, _ => 2 };

    /// <summary>Whether the first byte of a frame states that its payload is compressed.</summary>
    public static bool IsCompressed(byte first) => (first & 0x40) != 0;

    /// <summary>A pong that answers a ping with this payload (at most 125 bytes, as the reader guarantees).</summary>
    public static byte[] Pong(ReadOnlySpan<byte> payload) => Control(FrameOpcode.Pong, payload);

    /// <summary>A Close frame; a reason longer than 123 bytes of UTF-8 is cut between two characters.</summary>
    public static byte[] Close(ushort code, string reason)
    {
        Span<byte> payload = stackalloc byte[MaxControlBytes];
        BinaryPrimitives.WriteUInt16BigEndian(payload, code);
        Encoding.UTF8.GetEncoder().Convert(reason, payload.Slice(sizeof(ushort), MaxReasonBytes), flush: true, out _, out var used, out _);
        return Control(FrameOpcode.Close, payload[..(sizeof(ushort) + used)]);
    }

    private static byte[] Control(FrameOpcode opcode, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaxControlBytes);
        var frame = new byte[2 + payload.Length];
        WriteHeader(frame, opcode, payload.Length);
        payload.CopyTo(frame.AsSpan(2));
        return frame;
    }
}
