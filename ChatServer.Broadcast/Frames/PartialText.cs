using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace ChatServer.Broadcast.Frames;

/// <summary>
/// A text message that has not arrived whole: fragments, or a frame that a read cut. Text is validated as it grows, so invalid UTF-8 ends
/// the connection before the message is complete; a compressed message is validated when it is complete. Memory is rented for received
/// bytes, never for a length that a header announces.
/// </summary>
internal sealed class PartialText
{
    private byte[] _bytes = [];
    private int _validatedBytes;

    /// <summary>Bytes so far.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<byte> Bytes => Segment;

    public ArraySegment<byte> Segment => new(_bytes, 0, Length);

    /// <summary>Whether the text ends with a complete character.</summary>
    public bool IsCompleteUtf8 => _validatedBytes == Length;

    /// <summary>Adds text; false if it can no longer become valid UTF-8.</summary>
    public bool TryAppend(ReadOnlySpan<byte> chunk)
    {
        AppendUnchecked(chunk);
        ReadOnlySpan<byte> fresh = _bytes.AsSpan(_validatedBytes, Length - _validatedBytes);
        var whole = fresh.Length - IncompleteCharacterBytes(fresh);
        if (!Utf8.IsValid(fresh[..whole]))
            return false;
        _validatedBytes += whole;
        return true;
    }

    /// <summary>Adds bytes without validation.</summary>
    public void AppendUnchecked(ReadOnlySpan<byte> chunk)
    {
        Reserve(Length + chunk.Length);
        chunk.CopyTo(_bytes.AsSpan(Length));
        Length += chunk.Length;
    }

    /// <summary>Removes the text and releases its memory.</summary>
    public void Clear()
    {
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Length = _validatedBytes = 0;
    }

    /// <summary>Number of bytes at the end, 0 to 3, that are the beginning of a character.</summary>
    private static int IncompleteCharacterBytes(ReadOnlySpan<byte> utf8)
    {
        for (var length = 1; length <= Math.Min(3, utf8.Length); length++)
        {
            var tail = utf8[^length..];
            if (tail[0] >= 0xC0)
                return Rune.DecodeFromUtf8(tail, out _, out _) == OperationStatus.NeedMoreData ? length : 0;
        }
        return 0;
    }

    private void Reserve(int length)
    {
        if (length <= _bytes.Length)
            return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, _bytes.Length * 2));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        if (_bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
