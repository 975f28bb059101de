using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace ChatServer.Broadcast.Relays;

/// <summary>Reads the fields of a binary message of a relay, in their order: see <see cref="RelayMessage"/>.</summary>
/// <exception cref="FormatException">The message is malformed. Thrown by every method.</exception>
internal ref struct RelayReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Bytes that were not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    public RelayMessage Type() => (RelayMessage)Take(1)[0];

    public uint Number() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public long Seq() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public ushort Code() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public bool Flag() => Take(1)[0] != 0;

    public readonly string RestAsText() => Encoding.UTF8.GetString(_rest);

    /// <summary>The rest of the message as JSON.</summary>
    public readonly T RestAsJson<T>() => Parse<T>(_rest);

    /// <summary>JSON after its length.</summary>
    public T Json<T>()
    {
        var length = Number();
        return length <= _rest.Length ? Parse<T>(Take((int)length)) : throw new FormatException("A relay message ends too early.");
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (_rest.Length < length)
            throw new FormatException("A relay message ends too early.");
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    private static T Parse<T>(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json) ?? throw new FormatException("A relay message has no JSON object.");
        }
        catch (JsonException e)
        {
            throw new FormatException("A relay message has malformed JSON.", e);
        }
    }
}
