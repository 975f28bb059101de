using System.IO.Compression;
using System.Text;
using ChatServer.Broadcast.Frames;
using static ChatServer.Tests.Support.RawWebSocket;

namespace ChatServer.Tests.Broadcast.Frames;

public sealed class CompressedFrameTests
{
    private const byte Deflated = 0xC1, FirstDeflatedFragment = 0x41, Text = 0x81, FinalFragment = 0x80, Ping = 0x89;
    private const int MaxBytes = 64 * 1024;

    private static readonly byte[] Hello = Deflate("hello, größer 🙂"u8);

    public static TheoryData<string, byte[], string[]> Streams => new()
    {
        {
            "a compressed message, and a plain one",
            [.. Frame(Deflated, Hello), .. Frame(Text, "plain"u8)],
            ["text hello, größer 🙂", "text plain"]
        },
        {
            "two messages that are compressed independently",
            [.. Frame(Deflated, Hello), .. Frame(Deflated, Hello)],
            ["text hello, größer 🙂", "text hello, größer 🙂"]
        },
        {
            "fragments with a ping between",
            [.. Frame(FirstDeflatedFragment, Hello.AsSpan(0, 3)), .. Frame(Ping, [1]), .. Frame(FinalFragment, Hello.AsSpan(3))],
            ["ping 01", "text hello, größer 🙂"]
        },
        {
            "the RFC's example of a stored block",
            Frame(Deflated, [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]),
            ["text Hello"]
        },
        { "the RFC's example of a final block", Frame(Deflated, [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]), ["text Hello"] },
        {
            "the RFC's example of two blocks",
            Frame(Deflated, [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00]),
            ["text Hello"]
        },
        { "an empty message", Frame(Deflated, [0x00]), ["text "] },
        { "a continuation with the compression bit", [.. Frame(FirstDeflatedFragment, Hello), .. Frame(0xC0, ""u8)], ["violation 1002"] },
        { "a ping with the compression bit", Frame(0xC9, ""u8), ["violation 1002"] },
        { "the compression bit and another reserved bit", Frame(0xE1, Hello), ["violation 1002"] },
        { "a compressed binary message", Frame(0xC2, Hello), ["violation 1003"] },
        { "invalid deflate data", Frame(Deflated, "hello"u8), ["violation 1007"] },
        { "truncated deflate data", Frame(Deflated, Deflate(RandomBytes(400)).AsSpan(0, 200)), ["violation 1007"] },
        { "inflated text that is not UTF-8", Frame(Deflated, Deflate([(byte)'a', 0xFF])), ["violation 1007"] },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void Compressed_stream_is_read_equally_for_any_segmentation(string name, byte[] stream, string[] expected)
    {
        Assert.Equal(expected, Read(stream));
        for (var cut = 1; cut < stream.Length; cut++)
            Assert.True(expected.SequenceEqual(Read(stream, cut)), $"{name}, cut at {cut}");
    }

    [Fact]
    public void Message_that_inflates_beyond_the_limit_is_refused()
    {
        Assert.Equal(
            [$"text {new string('x', MaxBytes)}"],
            Read(Frame(Deflated, Deflate(Encoding.ASCII.GetBytes(new string('x', MaxBytes))))));
        Assert.Equal(["violation 1009"], Read(Frame(Deflated, Deflate(Encoding.ASCII.GetBytes(new string('x', MaxBytes + 1))))));
    }

    [Fact]
    public void Decompression_bomb_is_inflated_only_to_the_message_limit()
    {
        var bomb = Deflate(new byte[50_000_000]);
        Assert.InRange(bomb.Length, 1, MaxBytes);
        Assert.Equal(["violation 1009"], Read(Frame(Deflated, bomb)));
    }

    [Fact]
    public void Each_deflated_frame_is_readable_independently()
    {
        for (var length = FrameDeflater.MinBytes; length < 70_000; length = length * 3 / 2)
        {
            var text = Encoding.ASCII.GetBytes(string.Join(' ', Enumerable.Range(0, length)))[..length];
            var frame = FrameDeflater.Deflate(text).ToArray();
            Assert.Equal(0xC1, frame[0]);
            Assert.InRange(frame.Length, 1, length);
            var header = frame[1] switch { 127 => 10, 126 => 4, _ => 2 };
            Assert.Equal([$"text {Encoding.ASCII.GetString(text)}"], Read(Frame(Deflated, frame.AsSpan(header)), maxBytes: 70_000));
        }
    }

    [Fact]
    public void Short_or_incompressible_text_is_sent_uncompressed()
    {
        Assert.True(FrameDeflater.Deflate(new byte[FrameDeflater.MinBytes - 1]).IsEmpty);
        Assert.True(FrameDeflater.Deflate(RandomBytes(1000)).IsEmpty);
        Assert.False(FrameDeflater.Deflate(new byte[FrameDeflater.MinBytes]).IsEmpty);
    }

    private static byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Deflate(ReadOnlySpan<byte> text)
    {
        using var deflated = new MemoryStream();
        using (var deflating = new DeflateStream(deflated, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflating.Write(text);
            deflating.Flush();
            // The flush ends with an empty block, which the sender leaves away.
            deflated.SetLength(deflated.Length - 4);
            return deflated.ToArray();
        }
    }

    private static List<string> Read(byte[] stream, int? cut = null, int maxBytes = MaxBytes)
    {
        var recorder = new FrameRecorder();
        var reader = new FrameReader(maxBytes, deflate: true);
        byte[] bytes = [.. stream];
        reader.Read(bytes.AsSpan(0, cut ?? 0), recorder);
        reader.Read(bytes.AsSpan(cut ?? 0), recorder);
        reader.Release();
        return recorder.Calls;
    }
}
