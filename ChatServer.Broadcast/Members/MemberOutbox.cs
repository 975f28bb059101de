using System.Buffers;
using ChatServer.Broadcast.Frames;

namespace ChatServer.Broadcast.Members;

/// <summary>Finished frames for one member only: its welcome, missed events, errors. Holds memory only while it is not empty.</summary>
internal struct MemberOutbox
{
    private const int MinBytes = 512;

    private byte[]? _bytes;

    public int Length { get; private set; }

    public readonly bool IsEmpty => Length == 0;

    public readonly ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Adds <paramref name="length"/> bytes that the caller fills.</summary>
    public Span<byte> Extend(int length)
    {
        if ((_bytes?.Length ?? 0) < Length + length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(MinBytes, Length + length));
            Bytes.CopyTo(larger);
            if (_bytes is not null)
                ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }
        var extension = _bytes.AsSpan(Length, length);
        Length += length;
        return extension;
    }

    /// <summary>Adds a text frame.</summary>
    public void AddText(ReadOnlySpan<byte> json)
    {
        var frame = Extend(FrameWriter.HeaderLength(json.Length) + json.Length);
        var header = FrameWriter.WriteHeader(frame, FrameOpcode.Text, json.Length);
        json.CopyTo(frame[header..]);
    }

    /// <summary>Adds finished frames.</summary>
    public void Add(ReadOnlySpan<byte> frames) => frames.CopyTo(Extend(frames.Length));

    /// <summary>Gives the memory away and empties the outbox. The caller returns the array to the shared pool.</summary>
    public byte[] Take()
    {
        var bytes = _bytes!;
        _bytes = null;
        Length = 0;
        return bytes;
    }

    /// <summary>Empties the outbox and releases its memory.</summary>
    public void Clear()
    {
        if (_bytes is not null)
            ArrayPool<byte>.Shared.Return(Take());
    }
}
