using System.Buffers;
using System.Diagnostics;
using ChatServer.Broadcast.Frames;

namespace ChatServer.Broadcast.Rings;

/// <summary>
/// A ring of finished WebSocket frames, each encoded once. A position is the number of bytes before it since the ring was created; a member
/// is a position. Events of the log can be found by their sequence.
/// </summary>
/// <remarks>
/// The ring starts without memory. It doubles its size, up to a maximum, while a slow member or <see cref="KeepEvents"/> needs bytes that
/// it would overwrite; at the maximum it overwrites them (see <see cref="Tail"/>). Not thread-safe: only turns use it.
/// </remarks>
internal sealed class FrameRing(int maxBytes, int keepEvents)
{
    private const int InitialBytes = 4096;

    private byte[]? _bytes;
    private int _mask;
    private readonly SeqIndex _index = new();
    private readonly Dictionary<long, byte[]> _replaced = []; // frames by sequence

    /// <summary>Events of the log that are kept while they fit; 0 if the log is elsewhere and the ring is a cache.</summary>
    public int KeepEvents { get; } = keepEvents;

    /// <summary>Position of the next frame.</summary>
    public long Head { get; private set; }

    /// <summary>The lowest position that is still in the ring. A member below it has lost bytes and must be closed.</summary>
    public long Tail { get; private set; }

    /// <summary>Sequence of the oldest logged event in the ring; valid only if <see cref="EventCount"/> is not 0.</summary>
    public long FirstSeq => _index.FirstSeq;

    /// <summary>Number of logged events in the ring.</summary>
    public int EventCount => _index.Count;

    /// <summary>Size of the memory, in bytes.</summary>
    public int Capacity => _bytes?.Length ?? 0;

    /// <summary>Adds a text frame.</summary>
    /// <param name="json">Its payload.</param>
    /// <param name="seq">Its sequence; 0 if it is not in the log.</param>
    /// <param name="slowest">Returns the lowest position that a member still needs.</param>
    public void Append(ReadOnlySpan<byte> json, long seq, Func<long> slowest)
    {
        Span<byte> header = stackalloc byte[FrameWriter.MaxHeaderBytes];
        var headerLength = FrameWriter.WriteHeader(header, FrameOpcode.Text, json.Length);
        Reserve(headerLength + json.Length, slowest);
        if (seq != 0)
            _index.Add(seq, Head);
        Write(header[..headerLength]);
        Write(json);
    }

    /// <summary>Adds a finished frame; the parameters are those of <see cref="Append"/>.</summary>
    public void AppendFrame(ReadOnlySpan<byte> frame, long seq, Func<long> slowest)
    {
        Reserve(frame.Length, slowest);
        if (seq != 0)
            _index.Add(seq, Head);
        Write(frame);
    }

    /// <summary>
    /// The bytes from <paramref name="position"/> to the head, or to the place where the ring wraps: call again for the rest.
    /// </summary>
    public ReadOnlySpan<byte> Read(long position)
    {
        Debug.Assert(position >= Tail && position < Head);
        var at = (int)position & _mask;
        return _bytes.AsSpan(at, (int)Math.Min(Head - position, _bytes!.Length - at));
    }

    /// <summary>
    /// The end of the frame that contains <paramref name="inside"/>, or <paramref name="inside"/> if a frame begins there.
    /// <paramref name="boundary"/> is the beginning of any frame before it.
    /// </summary>
    public long FrameEnd(long boundary, long inside)
    {
        while (boundary < inside)
            boundary += FrameLength(boundary);
        return boundary;
    }

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="position"/> on.</summary>
    public void CopyTo(long position, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var part = Read(position);
            part = part[..Math.Min(part.Length, destination.Length)];
            part.CopyTo(destination);
            destination = destination[part.Length..];
            position += part.Length;
        }
    }

    /// <summary>Position and length of the frame of event <paramref name="seq"/>; false if it is not in the ring.</summary>
    public bool TryFind(long seq, out long position, out int length)
    {
        if (!_index.TryGet(seq, out position))
        {
            length = 0;
            return false;
        }
        length = _replaced.TryGetValue(seq, out var replacement) ? replacement.Length : FrameLength(position);
        return true;
    }

    /// <summary>Fills <paramref name="destination"/> with the frame that <see cref="TryFind"/> found.</summary>
    public void CopyFrame(long seq, long position, Span<byte> destination)
    {
        if (_replaced.TryGetValue(seq, out var replacement))
            replacement.CopyTo(destination);
        else
            CopyTo(position, destination);
    }

    /// <summary>
    /// Replaces the JSON of event <paramref name="seq"/> for those who read it by its sequence from now on. The bytes in the ring stay: see
    /// <see cref="TryBlank"/>.
    /// </summary>
    public void Replace(long seq, ReadOnlySpan<byte> json)
    {
        if (!_index.TryGet(seq, out _))
            return;
        var frame = new byte[FrameWriter.HeaderLength(json.Length) + json.Length];
        json.CopyTo(frame.AsSpan(FrameWriter.WriteHeader(frame, FrameOpcode.Text, json.Length)));
        _replaced[seq] = frame;
    }

    /// <summary>
    /// Empties the text of event <paramref name="seq"/> in the ring, for members that have not read it yet. The frame keeps its length.
    /// </summary>
    /// <returns>False if the frame is compressed and therefore unchanged.</returns>
    public bool TryBlank(long seq)
    {
        if (!_index.TryGet(seq, out var position))
            return true;
        var header = HeaderLength(position);
        if (FrameWriter.IsCompressed(ByteAt(position)))
            return false;
        var json = new byte[FrameLength(position) - header];
        CopyTo(position + header, json);
        EventText.Blank(json);
        for (var i = 0; i < json.Length; i++)
            _bytes![(int)(position + header + i) & _mask] = json[i];
        return true;
    }

    /// <summary>A copy of the JSON of event <paramref name="seq"/>; null if it is not in the ring.</summary>
    public byte[]? Json(long seq)
    {
        if (!TryFind(seq, out var position, out var length))
            return null;
        var frame = new byte[length];
        CopyFrame(seq, position, frame);
        return frame[FrameWriter.HeaderLengthOf(frame)..];
    }

    /// <summary>Releases the memory and its events. Positions continue from the head.</summary>
    public void Release()
    {
        if (_bytes is null)
            return;
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
        _index.Clear();
        _replaced.Clear();
        Tail = Head;
    }

    private int HeaderLength(long position) => (ByteAt(position + 1) & 0x7F) switch { 127 => 10, 126 => 4, _ => 2 };

    private int FrameLength(long position)
    {
        var header = HeaderLength(position);
        if (header == 2)
            return 2 + ByteAt(position + 1);
        var length = 0;
        for (var i = 2; i < header; i++)
            length = length << 8 | ByteAt(position + i);
        return header + length;
    }

    private byte ByteAt(long position) => _bytes![(int)position & _mask];

    private void Write(ReadOnlySpan<byte> bytes)
    {
        var at = (int)Head & _mask;
        var first = Math.Min(bytes.Length, _bytes!.Length - at);
        bytes[..first].CopyTo(_bytes.AsSpan(at));
        bytes[first..].CopyTo(_bytes);
        Head += bytes.Length;
    }

    // A quarter of the ring is freed at a time, so the slowest member is rarely searched for.
    private void Reserve(int length, Func<long> slowest)
    {
        Debug.Assert(length <= maxBytes / 2);
        while (Head + length - Tail > Capacity)
        {
            if (_bytes is null)
            {
                Resize(InitialBytes);
                continue;
            }
            // A frame that is larger than the ring needs a larger ring in any case.
            var tail = Math.Min(Head, Math.Max(Head + length - Capacity, Tail + Capacity / 4));
            if (length <= Capacity && (tail <= OldestNeeded(slowest) || Capacity * 2L > maxBytes))
                DropBefore(tail);
            else
                Resize(Capacity * 2);
        }
    }

    private long OldestNeeded(Func<long> slowest)
    {
        var needed = slowest();
        if (KeepEvents > 0 && _index.Count > 0 && _index.TryGet(Math.Max(_index.FirstSeq, _index.LastSeq - KeepEvents + 1), out var kept))
            needed = Math.Min(needed, kept);
        return needed;
    }

    private void DropBefore(long tail)
    {
        Tail = tail;
        _index.RemoveBelow(tail);
        if (_replaced.Count > 0)
        {
            foreach (var seq in _replaced.Keys.Where(seq => !_index.TryGet(seq, out _)).ToArray())
                _replaced.Remove(seq);
        }
    }

    private void Resize(int size)
    {
        // Pool arrays of a power of two have exactly that size, which the mask relies on.
        var bytes = ArrayPool<byte>.Shared.Rent(size);
        Debug.Assert(bytes.Length == size);
        var old = _bytes;
        var position = Tail;
        while (position < Head)
        {
            var part = Read(position);
            var at = (int)position & (size - 1);
            var first = Math.Min(part.Length, size - at);
            part[..first].CopyTo(bytes.AsSpan(at));
            part[first..].CopyTo(bytes);
            position += part.Length;
        }
        _bytes = bytes;
        _mask = size - 1;
        if (old is not null)
            ArrayPool<byte>.Shared.Return(old);
    }
}
