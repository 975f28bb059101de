using System.Buffers.Binary;
using ChatServer.Tests.RoomHost.Rooms;

namespace ChatServer.Tests.Conformance;

/// <summary>Frames, their lengths, masks, bits and opcodes, control frames and fragments (RFC 6455, section 5).</summary>
public abstract class FramingConformance(RoomRedis? redis) : ConformanceSpecification(redis)
{
    [Fact]
    public Task Payload_of_every_length_is_read() => AssertAsync(
        ((int[])[30, 125, 126, 127, 65_535, 65_536]).Select(length =>
        {
            var text = Question("a", length - Question("a").Length is > 0 and var padding ? padding : 0);
            return new ConformanceCase($"{text.Length} bytes", Frame(Text, text), Texts: ["a"]);
        }));

    [Fact]
    public Task Length_with_more_bytes_than_needed_is_read() => AssertAsync(
    [
        new("16 bits", WithLength(Text, Question("a"), 126, 2), Texts: ["a"]),
        new("64 bits", WithLength(Text, Question("a"), 127, 8), Texts: ["a"]),
        new("64 bits for a ping", WithLength(Ping, [1], 127, 8), Pings: ["01"]),
    ]);

    [Fact]
    public Task Announced_length_above_the_limit_ends_the_connection_before_the_payload() => AssertAsync(
    [
        new("64 KiB and one byte", [Text, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3, 4], 1009),
        new("1 GiB", [Text, 0xFF, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4], 1009),
        new("2^63 - 1", [Text, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4], 1009),
        new("the top bit", [Text, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], 1002),
        new("fragments together", [.. Frame(FirstFragment, new byte[40_000].Select(_ => (byte)'x').ToArray()),
            .. Frame(LastFragment, new byte[30_000].Select(_ => (byte)'x').ToArray())], 1009),
    ]);

    [Fact]
    public Task Frame_without_a_mask_ends_the_connection() => AssertAsync(
    [
        new("text", [0x81, 2, (byte)'{', (byte)'}'], 1002),
        new("empty text", [0x81, 0], 1002),
        new("ping", [0x89, 0], 1002),
        new("close", [0x88, 2, 0x03, 0xE8], 1002),
        new("after a masked one", [.. Frame(Text, Question("a")), 0x81, 0], 1002),
    ]);

    [Fact]
    public Task Mask_of_zeros_is_valid() =>
        AssertAsync([new("text", [Text, (byte)(0x80 | Question("a").Length), 0, 0, 0, 0, .. Question("a")], Texts: ["a"])]);

    [Fact]
    public Task Reserved_bits_end_the_connection() => AssertAsync(
        from bits in Enumerable.Range(1, 7)
        from first in (byte[])[Text, FirstFragment, Ping, Pong, Close]
        select new ConformanceCase($"{first:x} with {bits}", Frame((byte)(first | bits << 4), "{}"u8[..(first == Close ? 0 : 2)]), 1002));

    [Fact]
    public Task Reserved_opcodes_end_the_connection() => AssertAsync(
        from opcode in (int[])[3, 4, 5, 6, 7, 11, 12, 13, 14, 15]
        from isEmpty in (bool[])[false, true]
        select new ConformanceCase($"{opcode}, empty: {isEmpty}", Frame((byte)(0x80 | opcode), isEmpty ? [] : "{}"u8), 1002));

    [Fact]
    public Task Ping_is_answered_with_its_payload_and_a_pong_with_nothing() => AssertAsync(
    [
        .. ((int[])[0, 1, 124, 125]).Select(length =>
        {
            var payload = Enumerable.Range(0, length).Select(i => (byte)(255 - i)).ToArray();
            return new ConformanceCase($"{length} bytes", Frame(Ping, payload), Pings: [Convert.ToHexString(payload)]);
        }),
        new("ten", [.. Enumerable.Range(0, 10).SelectMany(i => Frame(Ping, [(byte)i]))],
            Pings: [.. Enumerable.Range(0, 10).Select(i => $"{i:X2}")]),
        new("a pong that nobody asked for", [.. Frame(Pong, [1]), .. Frame(Text, Question("a"))], Texts: ["a"]),
    ]);

    [Fact]
    public Task Control_frame_that_is_long_or_fragmented_ends_the_connection() => AssertAsync(
        from first in (byte[])[Close, Ping, Pong]
        from invalid in (ConformanceCase[])
        [
            new("126 bytes", Frame(first, new byte[126]), 1002), new("not final", Frame((byte)(first & 0x0F)), 1002),
            new("not final, then a continuation", [.. Frame((byte)(first & 0x0F)), .. Frame(LastFragment)], 1002),
        ]
        select invalid with { Name = $"{first:x}: {invalid.Name}" });

    [Fact]
    public Task Fragments_are_joined_and_control_frames_may_come_between() => AssertAsync(
    [
        new("two", Fragments(Question("a"), 5), Texts: ["a"]),
        new("one byte each", Fragments(Question("a"), 1), Texts: ["a"]),
        new("empty ones",
            [.. Frame(FirstFragment), .. Frame(MiddleFragment), .. Frame(MiddleFragment, Question("a")), .. Frame(LastFragment)],
            Texts: ["a"]),
        new("pings between",
            [.. Frame(FirstFragment, Question("a").AsSpan(..9)), .. Frame(Ping, [1]), .. Frame(MiddleFragment), .. Frame(Pong, [2]),
            .. Frame(Ping, [3]), .. Frame(LastFragment, Question("a").AsSpan(9..))], Texts: ["a"], Pings: ["01", "03"]),
        new("a close between", [.. Frame(FirstFragment, Question("a")), .. Frame(Close, [0x03, 0xE9])], 1001),
        new("another message after it", [.. Fragments(Question("a"), 7), .. Frame(Text, Question("b"))], Texts: ["a", "b"]),
    ]);

    [Fact]
    public Task Fragments_out_of_order_end_the_connection() => AssertAsync(
    [
        new("a continuation first", Frame(LastFragment, "{}"u8), 1002),
        new("a continuation that is not final first", Frame(MiddleFragment, "{}"u8), 1002),
        new("a continuation after a message", [.. Frame(Text, Question("a")), .. Frame(LastFragment)], 1002),
        new("a continuation after the last fragment", [.. Fragments(Question("a"), 9), .. Frame(LastFragment)], 1002),
        new("a text in a text", [.. Frame(FirstFragment, "{"u8), .. Frame(Text, Question("a"))], 1002),
        new("a first fragment in a text", [.. Frame(FirstFragment, "{"u8), .. Frame(FirstFragment, "}"u8)], 1002),
        new("binary in a text", [.. Frame(FirstFragment, "{"u8), .. Frame(Binary, "}"u8)], 1002),
    ]);

    [Fact]
    public Task Binary_message_ends_the_connection() => AssertAsync(
    [
        new("data", Frame(Binary, "{}"u8), 1003), new("nothing", Frame(Binary), 1003), new("a first fragment", Frame(0x02, "{"u8), 1003),
        new("a header alone", Frame(Binary, new byte[9])[..6], 1003),
    ]);

    private static byte[] Fragments(byte[] text, int size)
    {
        var parts = text.Chunk(size).ToArray();
        return [.. parts.SelectMany((part, i) => Frame((byte)((i == 0 ? 1 : 0) | (i == parts.Length - 1 ? 0x80 : 0)), part))];
    }

    private static byte[] WithLength(byte first, byte[] payload, byte marker, int lengthBytes)
    {
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)payload.Length);
        return [first, (byte)(0x80 | marker), .. length[^lengthBytes..], 0, 0, 0, 0, .. payload];
    }
}

public sealed class FramingAtTheRoomsPort() : FramingConformance(null);

public sealed class FramingThroughLoadBalancer(RoomRedis redis) : FramingConformance(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}
