using System.IO.Compression;

namespace ChatServer.Broadcast.Frames;

/// <summary>How the inflation of a message ended.</summary>
internal enum InflateResult
{
    /// <summary>The destination has the text.</summary>
    Done,

    /// <summary>What came is not a deflated message.</summary>
    Malformed,

    /// <summary>There is more than the destination takes.</summary>
    TooBig,
}

/// <summary>Inflates a message of a client (RFC 7692, section 7.2.2), never further than it may be long.</summary>
internal static class FrameInflater
{
    /// <summary>
    /// What goes behind the payload before it is inflated: the empty block that the sender leaves away, and a last one, so that data
    /// which was cut ends too early.
    /// </summary>
    public static ReadOnlySpan<byte> DeflateTail => [0x00, 0x00, 0xFF, 0xFF, 0x01, 0x00, 0x00, 0xFF, 0xFF];

    /// <summary>Inflates <paramref name="deflated"/>, which has its <see cref="DeflateTail"/>.</summary>
    /// <param name="deflated">The payload of all frames of the message, and the ending.</param>
    /// <param name="text">Takes the message; its length is the most that a message may have.</param>
    /// <param name="length">Bytes of the message, when it is done.</param>
    public static InflateResult Inflate(ArraySegment<byte> deflated, Span<byte> text, out int length)
    {
        length = 0;
        using var payload = new MemoryStream(deflated.Array!, deflated.Offset, deflated.Count, writable: false);
        using var inflating = new DeflateStream(payload, CompressionMode.Decompress);
        try
        {
            while (length < text.Length)
            {
                int read = inflating.Read(text[length..]);
                if (read == 0)
                    return InflateResult.Done;
                length += read;
            }
            return inflating.ReadByte() < 0 ? InflateResult.Done : InflateResult.TooBig;
        }
        catch (InvalidDataException)
        {
            return InflateResult.Malformed;
        }
    }
}
