using System.Text;
using ChatServer.Tests.RoomHost.Rooms;

namespace ChatServer.Tests.Conformance;

/// <summary>UTF-8, and the codes and reasons of a Close frame (RFC 6455, sections 5.5.1, 7.4 and 8.1).</summary>
public abstract class TextConformance(RoomRedis? redis) : ConformanceSpecification(redis)
{
    /// <summary>The first and last code points of every encoded length, and some that are unusual and valid.</summary>
    private static readonly string[] ValidTexts =
    [
        "\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufffd", "\ufffe", "\uffff", "\U00010000", "\U0010ffff", "κόσμε",
        "e\u0301", "👩‍👩‍👧‍👦", "\ufeff",
    ];

    private static readonly (string Name, byte[] Bytes)[] InvalidTexts =
    [
        ("a continuation byte", [0x80]), ("two continuation bytes", [0xBF, 0xBF]), ("overlong, 2 bytes", [0xC0, 0xAF]),
        ("overlong, last of 2 bytes", [0xC1, 0xBF]), ("overlong, 3 bytes", [0xE0, 0x80, 0xAF]),
        ("overlong, last of 3 bytes", [0xE0, 0x9F, 0xBF]),
        ("overlong, 4 bytes", [0xF0, 0x80, 0x80, 0xAF]), ("overlong, last of 4 bytes", [0xF0, 0x8F, 0xBF, 0xBF]),
        ("the first surrogate", [0xED, 0xA0, 0x80]), ("the last surrogate", [0xED, 0xBF, 0xBF]),
        ("a pair of surrogates", [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]), ("above the last code point", [0xF4, 0x90, 0x80, 0x80]),
        ("5 bytes", [0xF8, 0x88, 0x80, 0x80, 0x80]), ("6 bytes", [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80]), ("FE", [0xFE]), ("FF", [0xFF]),
        ("2 bytes without the second", [0xC3, (byte)'a']), ("3 bytes without the third", [0xE2, 0x82, (byte)'a']),
        ("4 bytes without the fourth", [0xF0, 0x9F, 0x99, (byte)'a']),
    ];

    [Fact]
    public Task Valid_UTF8_is_read_in_one_frame_and_split_at_every_byte() => AssertAsync(
        ValidTexts.SelectMany(text =>
        {
            var question = Question(text);
            return Enumerable.Range(0, question.Length).Where(cut => cut == 0 || question[cut] >= 0x80).Select(cut => new ConformanceCase(
                $"{text} cut at {cut}",
                [.. Frame(FirstFragment, question.AsSpan(..cut)), .. Frame(LastFragment, question.AsSpan(cut..))], Texts: [text]));
        }));

    [Fact]
    public Task Invalid_UTF8_ends_the_connection() => AssertAsync(
        from invalid in InvalidTexts
        from frames in (byte[][])
        [
            Frame(Text, [.. "{\""u8, .. invalid.Bytes, .. "\"}"u8]),
            [.. Frame(FirstFragment, "{\""u8), .. Frame(LastFragment, [.. invalid.Bytes, .. "\"}"u8])],
            [.. invalid.Bytes.SelectMany((b, i) => Frame(i == 0 ? FirstFragment : MiddleFragment, [b])), .. Frame(LastFragment, "a"u8)],
        ]
        select new ConformanceCase(invalid.Name, frames, 1007));

    [Fact]
    public Task Text_that_ends_within_a_character_ends_the_connection() => AssertAsync(
        from start in (byte[][])[[0xC3], [0xE2], [0xE2, 0x82], [0xF0], [0xF0, 0x9F], [0xF0, 0x9F, 0x99]]
        from frames in (byte[][])[Frame(Text, start), [.. Frame(FirstFragment, start), .. Frame(LastFragment)]]
        select new ConformanceCase(Convert.ToHexString(start), frames, 1007));

    /// <summary>Nothing follows the invalid byte: a server that waits for the rest of the message never answers.</summary>
    [Fact]
    public Task First_invalid_byte_ends_the_connection_before_the_message_is_complete() => AssertAsync(
        from invalid in InvalidTexts
        from frames in (byte[][])
        [
            Frame(FirstFragment, [.. "{"u8, .. invalid.Bytes]), Frame(Text, [.. "{"u8, .. invalid.Bytes, .. new byte[50]])[..^50],
        ]
        select new ConformanceCase(invalid.Name, frames, 1007));

    [Fact]
    public Task Valid_close_code_is_answered_with_itself() => AssertAsync(
        ((int[])[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]).Select(
            code => new ConformanceCase($"{code}", CloseFrame(code, ""u8), code)));

    [Fact]
    public Task Close_code_that_must_not_be_sent_ends_the_connection_with_1002() => AssertAsync(
        ((int[])[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]).Select(
            code => new ConformanceCase($"{code}", CloseFrame(code, ""u8), 1002)));

    [Fact]
    public Task Close_reason_is_UTF8_of_up_to_123_bytes() => AssertAsync(
    [
        new("no code", Frame(Close)), // answered with 1000
        new("one byte of a code", Frame(Close, [3]), 1002),
        new("the longest reason", CloseFrame(1001, Encoding.ASCII.GetBytes(new string('r', 123))), 1001),
        new("too long", CloseFrame(1001, new byte[124]), 1002),
        new("not ASCII", CloseFrame(1001, "größer 🙂"u8), 1001),
        .. InvalidTexts.Select(invalid => new ConformanceCase(invalid.Name, CloseFrame(1001, invalid.Bytes), 1007)),
    ]);

    [Fact]
    public Task Frames_after_a_close_are_ignored() => AssertAsync(
    [
        new("text", [.. CloseFrame(1001, ""u8), .. Frame(Text, Question("a"))], 1001),
        new("ping", [.. CloseFrame(1001, ""u8), .. Frame(Ping, [1])], 1001),
        new("an invalid frame", [.. CloseFrame(1001, ""u8), 0xFF, 0xFF, 0xFF], 1001),
    ]);

    private static byte[] CloseFrame(int code, ReadOnlySpan<byte> reason) => Frame(Close, [(byte)(code >> 8), (byte)code, .. reason]);
}

public sealed class TextAtTheRoomsPort() : TextConformance(null);

public sealed class TextThroughLoadBalancer(RoomRedis redis) : TextConformance(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}
