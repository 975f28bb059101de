using System.IO.Compression;
using ChatServer.Tests.RoomHost.Rooms;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Conformance;

/// <summary>permessage-deflate: offers and compressed messages (RFC 7692, section 7).</summary>
public abstract class DeflateConformance(RoomRedis? redis) : ConformanceSpecification(redis)
{
    private const string Extension = "permessage-deflate";
    private const string Answer = $"{Extension}; server_no_context_takeover; client_no_context_takeover";
    private const byte Deflated = 0xC1, FirstDeflated = 0x41;

    private static readonly (string Offer, string? Answer)[] Offers =
    [
        (Extension, Answer), ("PerMessage-Deflate", Answer), ($"foo, {Extension}", Answer), ($"foo; bar=\"x\", {Extension}", Answer),
        ($"{Extension}; server_no_context_takeover", Answer), ($"{Extension}; client_no_context_takeover", Answer),
        ($"{Extension};server_no_context_takeover ;client_no_context_takeover", Answer), ($"{Extension}; client_max_window_bits", Answer),
        .. Enumerable.Range(8, 8).Select(
            bits => ($"{Extension}; client_max_window_bits={bits}", $"{Answer}; client_max_window_bits={bits}")),
        ($"{Extension}; client_max_window_bits=\"12\"", $"{Answer}; client_max_window_bits=12"),
        ($"{Extension}; server_max_window_bits=15", $"{Answer}; server_max_window_bits=15"),
        ($"{Extension}; server_max_window_bits=10, {Extension}", Answer), ($"{Extension}; x, {Extension}; y=1, {Extension}", Answer),
        ("", null), ("permessage-bzip2", null), ("x-webkit-deflate-frame", null), ($"{Extension}x", null),
        .. Enumerable.Range(8, 7).Select(bits => ($"{Extension}; server_max_window_bits={bits}", (string?)null)),
        ($"{Extension}; server_max_window_bits", null), ($"{Extension}; server_max_window_bits=16", null),
        ($"{Extension}; client_max_window_bits=7", null), ($"{Extension}; client_max_window_bits=16", null),
        ($"{Extension}; client_max_window_bits=08", null), ($"{Extension}; client_max_window_bits=+9", null),
        ($"{Extension}; client_max_window_bits=", null), ($"{Extension}; client_max_window_bits=\"\"", null),
        ($"{Extension}; client_max_window_bits=\"9", null),
        ($"{Extension}; client_max_window_bits; client_max_window_bits=10", null),
        ($"{Extension}; server_no_context_takeover=1", null), ($"{Extension}; client_no_context_takeover=\"\"", null),
        ($"{Extension}; server_no_context_takeover; server_no_context_takeover", null),
        ($"{Extension}; server_no_context_takeover; Server_No_Context_Takeover", null),
        ($"{Extension}; unknown", null), ($"{Extension}; unknown=1", null), ($"{Extension};", null), ($"{Extension};;", null),
    ];

    [Fact]
    public async Task First_acceptable_offer_is_answered_and_any_other_is_declined()
    {
        var room = await RoomAsync();
        foreach (var (offer, answer) in Offers)
        {
            using var client = await RawWebSocket.ConnectAsync(room.Port);
            var head = await client.HandshakeAsync(RawWebSocket.Request("/", $"Sec-WebSocket-Extensions: {offer}"));
            Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
            var answered = head.Split("\r\n").FirstOrDefault(
                line => line.StartsWith("Sec-WebSocket-Extensions:", StringComparison.OrdinalIgnoreCase))?.Split(':', 2)[1].Trim();
            Assert.True(answer == answered, $"{offer}: {answered} instead of {answer}");
        }
    }

    [Fact]
    public Task Compressed_message_is_read() => AssertAsync(
    [
        new("one", Frame(Deflated, Deflate(Question("a"))), Texts: ["a"]),
        new("compressed and plain ones", [.. Frame(Deflated, Deflate(Question("a"))), .. Frame(Text, Question("b")),
            .. Frame(Deflated, Deflate(Question("c")))], Texts: ["a", "b", "c"]),
        new("the same twice, without context takeover",
            [.. Frame(Deflated, Deflate(Question("a"))), .. Frame(Deflated, Deflate(Question("a")))],
            Texts: ["a", "a"]),
        new("64 KiB", Frame(Deflated, Deflate(Question("a", 65_536 - Question("a").Length))), Texts: ["a"]),
        new("a stored block", Frame(Deflated, [.. Stored(Question("a"), isFinal: false), 0x00]), Texts: ["a"]),
        new("a final block", Frame(Deflated, [.. Stored(Question("a"), isFinal: true), 0x00]), Texts: ["a"]),
        new("empty blocks behind it",
            Frame(Deflated, [.. Deflate(Question("a")), 0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0x00]),
            Texts: ["a"]),
        new("two blocks", Frame(Deflated,
            [.. Stored(Question("a")[..9], isFinal: false), .. Stored(Question("a")[9..], isFinal: false), 0x00]), Texts: ["a"]),
    ], Extension);

    [Fact]
    public Task Compressed_message_is_read_in_fragments() => AssertAsync(
        Enumerable.Range(0, Deflate(Question("a")).Length + 1).Select(cut => new ConformanceCase(
            $"cut at {cut}",
            [.. Frame(FirstDeflated, Deflate(Question("a")).AsSpan(..cut)), .. Frame(Ping, [1]), .. Frame(MiddleFragment),
                .. Frame(LastFragment, Deflate(Question("a")).AsSpan(cut..))],
            Texts: ["a"], Pings: ["01"])), Extension);

    [Fact]
    public Task Corrupt_data_ends_the_connection() => AssertAsync(
    [
        new("text that is not compressed", Frame(Deflated, "hello"u8), 1007),
        new("the reserved block type", Frame(Deflated, [0x07]), 1007),
        new("a stored block with a wrong length", Frame(Deflated, [0x00, 0x05, 0x00, 0x00, 0x00, 1, 2, 3, 4, 5, 0x00]), 1007),
        new("a truncated block", Frame(Deflated, Stored(Question("a"), isFinal: false).AsSpan(..20)), 1007),
        new("a distance beyond the beginning, as with context takeover", Frame(Deflated, [0x02, 0x13, 0x00, 0x00]), 1007),
        new("text that is not UTF-8", Frame(Deflated, Deflate([(byte)'"', 0xC3, 0x28, (byte)'"'])), 1007),
        new("text that ends within a character", Frame(Deflated, Deflate([0xE2, 0x82])), 1007),
    ], Extension);

    [Fact]
    public Task Message_that_inflates_beyond_the_limit_ends_the_connection() => AssertAsync(
    [
        new("one byte too many", Frame(Deflated, Deflate(Question("a", 65_537 - Question("a").Length))), 1009),
        new("a bomb", Frame(Deflated, Deflate(new byte[10_000_000])), 1009),
        new("a bomb in fragments", [.. Frame(FirstDeflated, Deflate(new byte[10_000_000]).AsSpan(..5_000)),
            .. Frame(LastFragment, Deflate(new byte[10_000_000]).AsSpan(5_000..))], 1009),
    ], Extension);

    [Fact]
    public Task Compression_bit_elsewhere_ends_the_connection() => AssertAsync(
    [
        new("a ping", Frame(0xC9, [1]), 1002), new("a pong", Frame(0xCA), 1002), new("a close", Frame(0xC8), 1002),
        new("a continuation", [.. Frame(FirstDeflated, Deflate(Question("a"))), .. Frame(0xC0)], 1002),
        new("a continuation of a plain message", [.. Frame(FirstFragment, "{"u8), .. Frame(0xC0, "}"u8)], 1002),
        new("with another reserved bit", Frame(0xE1, Deflate(Question("a"))), 1002),
        new("a binary message", Frame(0xC2, Deflate(Question("a"))), 1003),
    ], Extension);

    [Fact]
    public Task Compressed_message_without_negotiation_ends_the_connection() =>
        AssertAsync([new("text", Frame(Deflated, Deflate(Question("a"))), 1002)]);

    // As a client does: without the empty block at the end.
    private static byte[] Deflate(byte[] data)
    {
        using var deflated = new MemoryStream();
        using (var deflate = new DeflateStream(deflated, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(data);
            deflate.Flush();
            return deflated.ToArray()[..^4];
        }
    }

    private static byte[] Stored(byte[] data, bool isFinal) =>
        [(byte)(isFinal ? 1 : 0), (byte)data.Length, (byte)(data.Length >> 8), (byte)~data.Length, (byte)(~data.Length >> 8), .. data];
}

public sealed class DeflateAtTheRoomsPort() : DeflateConformance(null);

public sealed class DeflateThroughLoadBalancer(RoomRedis redis) : DeflateConformance(redis), IClassFixture<RoomRedis>
{
    protected override bool JoinsThroughLoadBalancer => true;
}
