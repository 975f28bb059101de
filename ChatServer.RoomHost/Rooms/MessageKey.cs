using System.Buffers;
using System.Buffers.Text;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ChatServer.Backplane.Rooms;

namespace ChatServer.RoomHost.Rooms;

/// <summary>
/// Identifies a message that is sent again: 128 bits of a hash of session and id. A session is random and known only to its client, so no
/// client can make the message of another one look like a duplicate.
/// </summary>
internal readonly record struct MessageKey(UInt128 Value)
{
    /// <summary>The key of message <paramref name="id"/>, escaped as in its event, in the <paramref name="scope"/> of a session.</summary>
    public static MessageKey Of(ReadOnlySpan<byte> scope, ReadOnlySpan<byte> id)
    {
        Span<byte> input = stackalloc byte[512];
        if (scope.Length + 1 + id.Length > input.Length)
            input = new byte[scope.Length + 1 + id.Length];
        scope.CopyTo(input);
        input[scope.Length] = 0;
        id.CopyTo(input[(scope.Length + 1)..]);
        return new MessageKey(XxHash128.HashToUInt128(input[..(scope.Length + 1 + id.Length)]));
    }

    /// <summary>The key of an event that is never sent again.</summary>
    public static MessageKey Random() => new(MemoryMarshal.Read<UInt128>(RandomNumberGenerator.GetBytes(16)));

    /// <summary>Writes the key as it is in the log: <see cref="LogEntry.KeyLength"/> characters.</summary>
    public void Write(Span<byte> destination)
    {
        var value = Value;
        Base64Url.EncodeToUtf8(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in value)), destination, out _, out _);
    }

    /// <summary>Parses the form that <see cref="Write"/> writes; null for an entry without a key, and for a malformed one.</summary>
    public static MessageKey? Parse(string key)
    {
        Span<byte> bytes = stackalloc byte[16];
        return key != LogEntry.EmptyKey
            && Base64Url.DecodeFromUtf8(Encoding.ASCII.GetBytes(key), bytes, out _, out var written) == OperationStatus.Done
            && written == bytes.Length
            ? new MessageKey(MemoryMarshal.Read<UInt128>(bytes))
            : null;
    }
}
