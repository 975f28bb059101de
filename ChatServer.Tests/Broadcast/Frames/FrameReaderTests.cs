using System.Text;
using ChatServer.Broadcast.Frames;
using ChatServer.Tests.Support;
using static ChatServer.Tests.Support.RawWebSocket;

namespace ChatServer.Tests.Broadcast.Frames;

public sealed class FrameReaderTests
{
    // Far below one object for each of the 10,000 reads. A garbage collection can empty the pool, whose arrays are then allocated again.
    private const long MaxAllocatedBytes = 100_000;

    private const byte Text = 0x81, FirstFragment = 0x01, MiddleFragment = 0x00, FinalFragment = 0x80;
    private const byte Close = 0x88, Ping = 0x89, Pong = 0x8A;

    /// <summary>Streams of frames, and the calls that a reader makes for each.</summary>
    public static TheoryData<string, byte[], string[]> Streams => new()
    {
        {
            "texts",
            [.. Frame(Text, "hello"u8), .. Frame(Text, ""u8), .. Frame(Text, "größer 🙂"u8)],
            ["text hello", "text ", "text größer 🙂"]
        },
        { "16-bit length", Frame(Text, Letters(300)), [$"text {new string('x', 300)}"] },
        { "64-bit length of a short text", [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, (byte)'o', (byte)'k'], ["text ok"] },
        {
            "fragments with a ping between",
            [
                .. Frame(FirstFragment, "one "u8), .. Frame(Ping, [1, 2]), .. Frame(MiddleFragment, "two "u8),
                .. Frame(MiddleFragment, ""u8), .. Frame(FinalFragment, "three"u8), .. Frame(Text, "next"u8),
            ],
            ["ping 0102", "text one two three", "text next"]
        },
        {
            "endless empty fragments",
            [
                .. Frame(FirstFragment, "one"u8), .. Enumerable.Repeat(Frame(MiddleFragment, ""u8), 1025).SelectMany(frame => frame),
                .. Frame(FinalFragment, ""u8),
            ],
            ["violation 1008"]
        },
        {
            "a character split across fragments",
            [.. Frame(FirstFragment, [0xF0, 0x9F]), .. Frame(MiddleFragment, [0x99]), .. Frame(FinalFragment, [0x82])],
            ["text 🙂"]
        },
        {
            "control frames",
            [.. Frame(Ping, Letters(125)), .. Frame(Ping, ""u8), .. Frame(Pong, "x"u8)],
            [$"ping {Convert.ToHexString(Letters(125))}", "ping ", "pong"]
        },
        { "close", [.. Frame(Close, [0x03, 0xE8, (byte)'b', (byte)'y', (byte)'e']), .. Frame(Text, "late"u8)], ["close 1000"] },
        { "close without a code", [.. Frame(Close, ""u8), 0xFF, 0xFF], ["close 1005"] },
        { "close with an application code", Frame(Close, [0x13, 0x87]), ["close 4999"] },

        { "unmasked", [.. Frame(Text, "a"u8), .. Frame(Text, "b"u8, masked: false)], ["text a", "violation 1002"] },
        { "reserved bit 1", Frame(0xC1, "a"u8), ["violation 1002"] },
        { "reserved bit 2", Frame(0xA1, "a"u8), ["violation 1002"] },
        { "reserved bit 3", Frame(0x91, "a"u8), ["violation 1002"] },
        { "ping with a reserved bit", Frame(0xC9, ""u8), ["violation 1002"] },
        { "reserved data opcode", Frame(0x83, "a"u8), ["violation 1002"] },
        { "reserved control opcode", Frame(0x8B, ""u8), ["violation 1002"] },
        { "fragmented control frame", Frame(0x09, ""u8), ["violation 1002"] },
        { "control frame too long", Frame(Ping, Letters(126)), ["violation 1002"] },
        { "length with the top bit set", [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], ["violation 1002"] },
        { "continuation without a first fragment", [.. Frame(Text, "a"u8), .. Frame(FinalFragment, "b"u8)], ["text a", "violation 1002"] },
        {
            "continuation after the final fragment",
            [.. Frame(FirstFragment, "a"u8), .. Frame(FinalFragment, "b"u8), .. Frame(MiddleFragment, "c"u8)],
            ["text ab", "violation 1002"]
        },
        { "message inside a message", [.. Frame(FirstFragment, "a"u8), .. Frame(Text, "b"u8)], ["violation 1002"] },
        { "binary inside a message", [.. Frame(FirstFragment, "a"u8), .. Frame(0x82, "b"u8)], ["violation 1002"] },
        { "binary", [.. Frame(0x82, "b"u8), .. Frame(Text, "late"u8)], ["violation 1003"] },
        { "close with one byte of a code", Frame(Close, [3]), ["violation 1002"] },
        { "close with a reason that is not UTF-8", Frame(Close, [0x03, 0xE8, 0xC0, 0x80]), ["violation 1007"] },
        { "invalid UTF-8", Frame(Text, [(byte)'a', 0xFF]), ["violation 1007"] },
        { "overlong UTF-8", Frame(Text, [0xC0, 0xAF]), ["violation 1007"] },
        { "surrogate encoded in UTF-8", Frame(Text, [0xED, 0xA0, 0x80]), ["violation 1007"] },
        { "code point above U+10FFFF", Frame(Text, [0xF4, 0x90, 0x80, 0x80]), ["violation 1007"] },
        { "a character truncated by the end", Frame(Text, [(byte)'a', 0xE2, 0x82]), ["violation 1007"] },
        {
            "a character truncated by the end of the final fragment",
            [.. Frame(FirstFragment, [0xE2]), .. Frame(FinalFragment, [0x82])],
            ["violation 1007"]
        },
        {
            "a character truncated by an empty final fragment",
            [.. Frame(FirstFragment, [0xE2, 0x82]), .. Frame(FinalFragment, ""u8)],
            ["violation 1007"]
        },
        {
            "invalid UTF-8 in the second fragment",
            [.. Frame(FirstFragment, [0xE2, 0x82]), .. Frame(MiddleFragment, "a"u8), .. Frame(Ping, ""u8)],
            ["violation 1007"]
        },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Stream_is_read_equally_for_any_segmentation(string name, byte[] stream, string[] expected)
    {
        Assert.Equal(expected, FrameRecorder.Read(stream));
        for (var cut = 1; cut < stream.Length; cut++)
            Assert.True(expected.SequenceEqual(FrameRecorder.Read(stream, cut)), $"{name}, cut at {cut}");
        for (var cut = 1; cut + 1 < stream.Length; cut++)
            Assert.True(expected.SequenceEqual(FrameRecorder.Read(stream, cut, 1)), $"{name}, cut around byte {cut}");
        Assert.Equal(expected, FrameRecorder.Read(stream, Enumerable.Repeat(1, stream.Length)));
    }

    [Theory]
    [InlineData(1000, true)]
    [InlineData(1001, true)]
    [InlineData(1003, true)]
    [InlineData(1007, true)]
    [InlineData(1014, true)]
    [InlineData(3000, true)]
    [InlineData(0, false)]
    [InlineData(999, false)]
    [InlineData(1004, false)]
    [InlineData(1005, false)]
    [InlineData(1006, false)]
    [InlineData(1015, false)]
    [InlineData(1016, false)]
    [InlineData(2999, false)]
    [InlineData(5000, false)]
    [InlineData(65535, false)]
    public void Invalid_close_codes_are_violations(int code, bool valid)
    {
        var expected = valid ? $"close {code}" : "violation 1002";
        Assert.Equal([expected], FrameRecorder.Read(Frame(Close, [(byte)(code >> 8), (byte)code])));
    }

    [Fact]
    public void Text_of_the_maximum_length_is_read_and_a_longer_one_is_refused_at_its_header()
    {
        Assert.Equal([$"text {new string('x', 65536)}"], FrameRecorder.Read(Frame(Text, Letters(65536))));
        Assert.Equal(["violation 1009"], FrameRecorder.Read(Frame(Text, Letters(65537))[..14]));
        Assert.Equal(["violation 1009"], FrameRecorder.Read([0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4]));
    }

    [Fact]
    public void Fragments_count_together_towards_the_limit()
    {
        var half = Letters(32768);
        Assert.Equal(
            [$"text {new string('x', 65536)}"], FrameRecorder.Read([.. Frame(FirstFragment, half), .. Frame(FinalFragment, half)]));
        Assert.Equal(
            ["violation 1009"],
            FrameRecorder.Read([.. Frame(FirstFragment, half), .. Frame(MiddleFragment, half), .. Frame(FinalFragment, "x"u8)[..6]]));
    }

    [Fact]
    public void Binary_frame_is_refused_at_its_header() =>
        Assert.Equal(["violation 1003"], FrameRecorder.Read(Frame(0x82, Letters(100))[..6]));

    [Fact]
    public void Invalid_UTF8_is_refused_before_its_frame_is_complete()
    {
        var frame = Frame(Text, [.. Letters(50), 0xC0, .. Letters(50)]);
        Assert.Equal(["violation 1007"], FrameRecorder.Read(frame[..60]));
        var first = Frame(FirstFragment, [0xED, 0xA0]);
        Assert.Equal(["violation 1007"], FrameRecorder.Read(first));
    }

    [Fact]
    public void No_frame_is_delivered_after_Stop()
    {
        var recorder = new FrameRecorder();
        var reader = new FrameReader(1024);
        reader.Read(Frame(Text, "before"u8), recorder);
        reader.Stop();
        reader.Read([.. Frame(Text, "after"u8), .. Frame(Ping, ""u8)], recorder);
        Assert.Equal(["text before"], recorder.Calls);
    }

    [Fact]
    public void Random_bytes_never_throw_and_are_consumed_or_end_in_a_violation()
    {
        var random = new Random(20260101);
        for (var run = 0; run < 20_000; run++)
        {
            var bytes = new byte[random.Next(1, 400)];
            random.NextBytes(bytes);
            if (run % 2 == 0)
            {
                // Passes the first checks of a header.
                bytes[0] = (byte)(random.Next(4) == 0 ? 0x01 : 0x80 | random.Next(0, 11));
                if (bytes.Length > 1)
                    bytes[1] = (byte)(0x80 | random.Next(0, 20));
            }
            byte[] copy = [.. bytes];
            var calls = FrameRecorder.Read(bytes);
            var callsOfPieces = FrameRecorder.Read(copy, Enumerable.Range(0, 400).Select(_ => random.Next(1, 9)).ToArray());
            Assert.Equal(calls, callsOfPieces);
            var end = calls.FindIndex(call =>
                call.StartsWith("violation", StringComparison.Ordinal) || call.StartsWith("close", StringComparison.Ordinal));
            Assert.True(end == -1 || end == calls.Count - 1, "A call follows the end of the stream.");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(125)]
    [InlineData(1027)]
    public void Reading_a_whole_text_does_not_allocate(int length)
    {
        byte[] frame = Frame(Text, Letters(length)), received = new byte[frame.Length];
        var reader = new FrameReader(64 * 1024);
        var counter = new LetterCounter();
        for (var i = 0; i < 100; i++)
            ReadOnce();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            ReadOnce();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedBytes);
        Assert.Equal(10_100L * length, counter.Letters);

        void ReadOnce()
        {
            frame.CopyTo(received.AsSpan());
            reader.Read(received, counter);
        }
    }

    [Fact]
    public void Reading_a_text_in_pieces_does_not_allocate()
    {
        byte[] frame = Frame(Text, Letters(500)), received = new byte[frame.Length];
        var reader = new FrameReader(64 * 1024);
        var counter = new LetterCounter();
        for (var i = 0; i < 100; i++)
            ReadOnce();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            ReadOnce();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocatedBytes);
        Assert.Equal(10_100L * 500, counter.Letters);

        void ReadOnce()
        {
            frame.CopyTo(received.AsSpan());
            reader.Read(received.AsSpan(0, 3), counter);
            reader.Read(received.AsSpan(3, 200), counter);
            reader.Read(received.AsSpan(203), counter);
        }
    }

    private static byte[] Letters(int count) => Encoding.ASCII.GetBytes(new string('x', count));

    [Fact]
    public void Pause_ends_the_read_after_the_current_frame_and_returns_the_rest()
    {
        var reader = new FrameReader(64 * 1024);
        var recorder = new Pauser(reader);
        byte[] frames = [.. RawWebSocket.Frame(0x81, "one"u8.ToArray()), .. RawWebSocket.Frame(0x81, "two"u8.ToArray())];

        var rest = reader.Read(frames, recorder).ToArray();
        Assert.Equal(["text one"], recorder.Calls);
        Assert.Equal(frames.Length / 2, rest.Length);

        reader.IsPaused = false;
        Assert.True(reader.Read(rest, recorder).IsEmpty);
        Assert.Equal(["text one", "text two"], recorder.Calls);
    }

    private sealed class Pauser(FrameReader reader) : IFrameHandler
    {
        public List<string> Calls { get; } = [];

        public void OnText(ReadOnlySpan<byte> utf8)
        {
            Calls.Add($"text {Encoding.UTF8.GetString(utf8)}");
            reader.IsPaused = true;
        }

        public void OnBinary(ReadOnlySpan<byte> bytes) => Assert.Fail();

        public void OnPing(ReadOnlySpan<byte> payload) => Assert.Fail();

        public void OnPong() => Assert.Fail();

        public void OnClose(ushort code, ReadOnlySpan<byte> reason) => Assert.Fail();

        public void OnViolation(ushort code, string reason) => Assert.Fail(reason);

        public void OnReceived() => Assert.Fail();

        public void OnEnd() => Assert.Fail();
    }

    private sealed class LetterCounter : IFrameHandler
    {
        public long Letters { get; private set; }

        public void OnText(ReadOnlySpan<byte> utf8) => Letters += utf8.Count((byte)'x');

        public void OnPing(ReadOnlySpan<byte> payload) => Assert.Fail();

        public void OnPong() => Assert.Fail();

        public void OnBinary(ReadOnlySpan<byte> bytes) => Assert.Fail();

        public void OnClose(ushort code, ReadOnlySpan<byte> reason) => Assert.Fail();

        public void OnViolation(ushort code, string reason) => Assert.Fail(reason);

        public void OnReceived() => Assert.Fail();

        public void OnEnd() => Assert.Fail();
    }
}
