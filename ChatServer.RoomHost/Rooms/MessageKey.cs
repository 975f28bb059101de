using System.Buffers;
using System.Buffers.Text;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using ChatServer.Backplane;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Recognizes a message that is sent again: 128 bits of a hash of session and id. A session is random and known to its client
/// alone, so nobody can make another's message look like a repetition.
/// </summary>
internal readonly record struct MessageKey(UInt128 Value)
{
    /// <summary>Of a message <paramref name="id"/> (as it is written in the event) said in <paramref name="session"/>.</summary>
    public static MessageKey Of(ReadOnlySpan<byte> session, ReadOnlySpan<byte> id)
    {
        Span<byte> input = stackalloc byte[512];
        if (session.Length + 1 + id.Length > input.Length)
            input = new byte[session.Length + 1 + id.Length];
        session.CopyTo(input);
        input[session.Length] = 0;
        id.CopyTo(input[(session.Length + 1)..]);
        return new MessageKey(XxHash128.HashToUInt128(input[..(session.Length + 1 + id.Length)]));
    }

    /// <summary>Writes the <see cref="LogEntry.KeyLength"/> characters that stand for it in the log.</summary>
    public void Write(Span<byte> destination)
    {
        var value = Value;
        Base64Url.EncodeToUtf8(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in value)), destination, out _, out _);
    }

    /// <summary>Reads what <see cref="Write"/> wrote; null for an entry that no member said, and for what nobody wrote like that.</summary>
    public static MessageKey? Parse(string key)
    {
        Span<byte> bytes = stackalloc byte[16];
        return key != LogEntry.EmptyKey
            && Base64Url.DecodeFromUtf8(Encoding.ASCII.GetBytes(key), bytes, out _, out var written) == OperationStatus.Done && written == bytes.Length
            ? new MessageKey(MemoryMarshal.Read<UInt128>(bytes))
            : null;
    }
}
