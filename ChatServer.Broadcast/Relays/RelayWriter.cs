using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChatServer.Broadcast.Frames;

namespace ChatServer.Broadcast.Relays;

/// <summary>Writes a message of a relay.</summary>
internal delegate ReadOnlySpan<byte> WriteRelayMessage(RelayWriter writer);

/// <summary>Writes binary messages of a relay as finished frames: see <see cref="RelayMessage"/>.</summary>
/// <param name="isMasked">Whether the frames are a client's. The key is 0: a mask protects proxies, and a relay has none.</param>
/// <remarks>One thread at a time. The bytes are valid until the next call.</remarks>
internal sealed class RelayWriter(bool isMasked)
{
    private const int MaskBytes = 4;

    // The receiver is no page: characters are escaped only where JSON requires it.
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _payload = new();
    private byte[] _frame = new byte[256];

    public ReadOnlySpan<byte> Attach(RelayAttach attach) => Json(RelayMessage.Attach, attach);

    public ReadOnlySpan<byte> Join(uint member, RelayJoin join) => Json(RelayMessage.Join, join, member);

    public ReadOnlySpan<byte> Text(uint member, uint frame, bool isResent, ReadOnlySpan<byte> text)
    {
        Begin(RelayMessage.Text);
        Add(member);
        Add(frame);
        Add(isResent);
        _payload.Write(text);
        return End();
    }

    public ReadOnlySpan<byte> Ping(uint member, uint frame, ReadOnlySpan<byte> payload)
    {
        Begin(RelayMessage.Ping);
        Add(member);
        Add(frame);
        _payload.Write(payload);
        return End();
    }

    public ReadOnlySpan<byte> NextPage(uint member) => Member(RelayMessage.NextPage, member);

    public ReadOnlySpan<byte> Left(uint member) => Member(RelayMessage.Left, member);

    public ReadOnlySpan<byte> Attached(RelayAttached attached) => Json(RelayMessage.Attached, attached);

    public ReadOnlySpan<byte> Accepted(uint member, RelayAccepted accepted, ReadOnlySpan<byte> frames)
    {
        Begin(RelayMessage.Accepted);
        Add(member);
        var json = JsonSerializer.SerializeToUtf8Bytes(accepted, Options);
        Add((uint)json.Length);
        _payload.Write(json);
        _payload.Write(frames);
        return End();
    }

    public ReadOnlySpan<byte> Refused(uint member, RelayRefused refused) => Json(RelayMessage.Refused, refused, member);

    public ReadOnlySpan<byte> Unicast(uint member, long after, bool expectsNextPage, ReadOnlySpan<byte> frames)
    {
        Begin(RelayMessage.Unicast);
        Add(member);
        Add(after);
        Add(expectsNextPage);
        _payload.Write(frames);
        return End();
    }

    public ReadOnlySpan<byte> Follow(uint member) => Member(RelayMessage.Follow, member);

    /// <summary>Writes the pairs of member and frame.</summary>
    public ReadOnlySpan<byte> Acks(IReadOnlyList<(uint Member, uint Frame)> acks)
    {
        Begin(RelayMessage.Acks);
        foreach (var (member, frame) in acks)
        {
            Add(member);
            Add(frame);
        }
        return End();
    }

    public ReadOnlySpan<byte> Close(uint member, ushort code, bool reconnect, bool isImmediate, string reason)
    {
        Begin(RelayMessage.Close);
        Add(member);
        BinaryPrimitives.WriteUInt16LittleEndian(_payload.GetSpan(sizeof(ushort)), code);
        _payload.Advance(sizeof(ushort));
        Add(reconnect);
        Add(isImmediate);
        Encoding.UTF8.GetBytes(reason, _payload);
        return End();
    }

    public ReadOnlySpan<byte> State(uint member, string state)
    {
        Begin(RelayMessage.State);
        Add(member);
        Encoding.UTF8.GetBytes(state, _payload);
        return End();
    }

    /// <summary>A ping without payload.</summary>
    public ReadOnlySpan<byte> Ping() => Finish(FrameOpcode.Ping, default);

    private ReadOnlySpan<byte> Json<T>(RelayMessage type, T value, uint? member = null)
    {
        Begin(type);
        if (member is { } number)
            Add(number);
        _payload.Write(JsonSerializer.SerializeToUtf8Bytes(value, Options));
        return End();
    }

    private ReadOnlySpan<byte> Member(RelayMessage type, uint member)
    {
        Begin(type);
        Add(member);
        return End();
    }

    private void Begin(RelayMessage type)
    {
        _payload.ResetWrittenCount();
        _payload.GetSpan(1)[0] = (byte)type;
        _payload.Advance(1);
    }

    private void Add(uint number)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_payload.GetSpan(sizeof(uint)), number);
        _payload.Advance(sizeof(uint));
    }

    private void Add(long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_payload.GetSpan(sizeof(long)), number);
        _payload.Advance(sizeof(long));
    }

    private void Add(bool value)
    {
        _payload.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
        _payload.Advance(1);
    }

    private ReadOnlySpan<byte> End() => Finish(FrameOpcode.Binary, _payload.WrittenSpan);

    private ReadOnlySpan<byte> Finish(FrameOpcode opcode, ReadOnlySpan<byte> payload)
    {
        const byte masked = 0x80;
        var length = FrameWriter.MaxHeaderBytes + MaskBytes + payload.Length;
        if (_frame.Length < length)
            _frame = new byte[Math.Max(length, _frame.Length * 2)];
        var header = FrameWriter.WriteHeader(_frame, opcode, payload.Length);
        if (isMasked)
        {
            _frame[1] |= masked;
            _frame.AsSpan(header, MaskBytes).Clear();
            header += MaskBytes;
        }
        payload.CopyTo(_frame.AsSpan(header));
        return _frame.AsSpan(0, header + payload.Length);
    }
}
