using System.Buffers;
using ChatServer.Broadcast.Frames;

namespace ChatServer.RoomHost.Rooms;

/// <summary>Finished frames for one member alone: its welcome, what it missed, its errors. Holds memory only while there are any.</summary>
internal struct MemberOutbox
{
    private byte[]? _bytes;

    public int Length { get; private set; }

    public readonly bool IsEmpty => Length == 0;

    public readonly ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>Room for <paramref name="length"/> more bytes, which count as written.</summary>
    public Span<byte> Extend(int length)
    {
        if ((_bytes?.Length ?? 0) < Length + length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(512, Length + length));
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

    /// <summary>Hands the memory over and is empty; the taker returns it to the shared pool.</summary>
    public byte[] Take()
    {
        var bytes = _bytes!;
        _bytes = null;
        Length = 0;
        return bytes;
    }

    /// <summary>Forgets everything and gives the memory back.</summary>
    public void Clear()
    {
        if (_bytes is not null)
            ArrayPool<byte>.Shared.Return(Take());
    }
}
