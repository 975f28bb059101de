using System.Runtime.CompilerServices;

namespace ChatServer.Broadcast.Frames;

/// <summary>The header of the next frame, of which a read may have brought a part only.</summary>
internal sealed class PartialHeader
{
    private HeaderBytes _bytes;
    private int _length;

    /// <summary>Returns the bytes taken from <paramref name="received"/>; the header is empty if more are needed.</summary>
    public int Complete(ReadOnlySpan<byte> received, out FrameHeader header)
    {
        if (_length == 0 && FrameHeader.TryParse(received, out header))
            return header.Size;

        var taken = 0;
        header = default;
        while (taken < received.Length)
        {
            _bytes[_length++] = received[taken++];
            if (FrameHeader.TryParse(((ReadOnlySpan<byte>)_bytes)[.._length], out header))
            {
                _length = 0;
                break;
            }
        }
        return taken;
    }

    [InlineArray(FrameHeader.MaxBytes)]
    private struct HeaderBytes
    {
        private byte _first;
    }
}
