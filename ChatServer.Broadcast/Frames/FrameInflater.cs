using System.IO.Compression;

namespace ChatServer.Broadcast.Frames;

/// <summary>The result of inflating a message.</summary>
internal enum InflateResult
{
    /// <summary>The destination contains the text.</summary>
    Done,

    /// <summary>The payload is not a deflated message.</summary>
    Malformed,

    /// <summary>The text is longer than the destination.</summary>
    TooBig,
}

/// <summary>Inflates a message of a client (RFC 7692, section 7.2.2), at most up to the allowed length.</summary>
internal static class FrameInflater
{
    /// <summary>
    /// Bytes to append to the payload before it is inflated: the empty block that the sender omits, and a final block, so that truncated
    /// data is detected.
    /// </summary>
    public static ReadOnlySpan<byte> DeflateTail => [0x00, 0x00, 0xFF, 0xFF, 0x01, 0x00, 0x00, 0xFF, 0xFF];

    /// <summary>Inflates <paramref name="deflated"/>, which has its <see cref="DeflateTail"/>.</summary>
    /// <param name="deflated">The payload of all frames of the message, and the tail.</param>
    /// <param name="text">Receives the message; its length is the largest allowed message.</param>
    /// <param name="length">Bytes of the message, if the result is <see cref="InflateResult.Done"/>.</param>
    public static InflateResult Inflate(ArraySegment<byte> deflated, Span<byte> text, out int length)
    {
        length = 0;
        using var payload = new DeflatedPayload(deflated);
        using var inflating = new DeflateStream(payload, CompressionMode.Decompress);
        try
        {
            while (length < text.Length)
            {
                var read = inflating.Read(text[length..]);
                if (read == 0)
                    return payload.IsReadPastEnd ? InflateResult.Malformed : InflateResult.Done;
                length += read;
            }
            return inflating.ReadByte() >= 0 ? InflateResult.TooBig
                : payload.IsReadPastEnd ? InflateResult.Malformed : InflateResult.Done;
        }
        catch (InvalidDataException)
        {
            return InflateResult.Malformed;
        }
    }

    /// <summary>
    /// Reports a read after the end of the data. A complete message ends with the final block of its tail, after which
    /// <see cref="DeflateStream"/> does not read again. It does not report truncated data in all cases: in a truncated block, it can decode
    /// the tail as text.
    /// </summary>
    private sealed class DeflatedPayload(ArraySegment<byte> deflated)
        : MemoryStream(deflated.Array!, deflated.Offset, deflated.Count, writable: false)
    {
        public bool IsReadPastEnd { get; private set; }

        // Read(Span) of a derived MemoryStream calls this too.
        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = base.Read(buffer, offset, count);
            IsReadPastEnd |= read == 0;
            return read;
        }
    }
}
