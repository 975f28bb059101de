using System.Buffers;
using System.Text.Unicode;
using ChatServer.Contracts;

namespace ChatServer.Broadcast.Frames;

/// <summary>
/// Joins the parts of a message that one read did not bring whole: fragments, or a frame that a read cut. Inflates it if needed.
/// </summary>
/// <param name="maxBytes">Largest message, inflated.</param>
internal sealed class MessageAssembler(int maxBytes)
{
    /// <summary>
    /// Empty fragments of a message that are accepted. A message ends at its maximum size only if its fragments are not empty.
    /// </summary>
    public const int MaxEmptyParts = 1024;

    private readonly PartialText _partial = new();
    private int _emptyParts;

    /// <summary>Bytes so far, as they were received.</summary>
    public int Length => _partial.Length;

    /// <summary>Adds a part; with the last one, gives the text to <paramref name="handler"/>.</summary>
    /// <returns>The violation, or code 0.</returns>
    public (ushort Code, string Reason) Add(ReadOnlySpan<byte> part, bool isLast, bool isBinary, bool isCompressed, IFrameHandler handler)
    {
        if (isLast)
            _emptyParts = 0;
        else if (part.IsEmpty && ++_emptyParts > MaxEmptyParts)
            return (CloseCodes.PolicyViolation, "too many empty fragments");
        if (isCompressed)
        {
            _partial.AppendUnchecked(part);
            return isLast ? Inflate(handler) : default;
        }
        if (isBinary)
        {
            _partial.AppendUnchecked(part);
            if (!isLast)
                return default;
            handler.OnBinary(_partial.Bytes);
            _partial.Clear();
            return default;
        }
        if (!_partial.TryAppend(part) || (isLast && !_partial.IsCompleteUtf8))
            return (CloseCodes.InvalidPayload, "text is not UTF-8");
        if (isLast)
        {
            handler.OnText(_partial.Bytes);
            _partial.Clear();
        }
        return default;
    }

    /// <summary>Releases the memory.</summary>
    public void Clear() => _partial.Clear();

    private (ushort Code, string Reason) Inflate(IFrameHandler handler)
    {
        _partial.AppendUnchecked(FrameInflater.DeflateTail);
        var buffer = ArrayPool<byte>.Shared.Rent(maxBytes);
        try
        {
            var result = FrameInflater.Inflate(_partial.Segment, buffer.AsSpan(0, maxBytes), out var length);
            ReadOnlySpan<byte> text = buffer.AsSpan(0, length);
            if (result == InflateResult.Malformed)
                return (CloseCodes.InvalidPayload, "not a deflated message");
            if (result == InflateResult.TooBig)
                return (CloseCodes.TooBig, "message too big");
            if (!Utf8.IsValid(text))
                return (CloseCodes.InvalidPayload, "text is not UTF-8");
            _partial.Clear();
            handler.OnText(text);
            return default;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
