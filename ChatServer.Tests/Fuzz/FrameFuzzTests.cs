using System.IO.Compression;
using System.Text;
using ChatServer.Broadcast.Frames;
using CsCheck;

namespace ChatServer.Tests.Fuzz;

public sealed class FrameFuzzTests
{
    private const int MaxBytes = 1024;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Frames_are_read_equally_whatever_the_reads_bring(bool deflate)
    {
        var corpus = Fuzzing.Corpus("frames").Select(Convert.FromHexString);
        Gen.Select(Fuzzing.Mutations(corpus), Gen.Int[1, 40].Array[0, 20]).Check(
            input => Assert.Equal(Read(input.Item1, deflate, []), Read(input.Item1, deflate, input.Item2)),
            input => $"{Convert.ToHexString(input.Item1)} in pieces of {string.Join(", ", input.Item2)}");
    }

    [Fact]
    public void Deflated_data_inflates_to_the_data() => Gen.Select(Gen.Byte.Array[0, MaxBytes], Gen.Int[0, 3]).Check(
        input => Assert.Equal(
            (InflateResult.Done, Convert.ToHexString(input.Item1)), Inflate(Deflate(input.Item1, (CompressionLevel)input.Item2))),
        input => $"{Convert.ToHexString(input.Item1)} at {(CompressionLevel)input.Item2}");

    [Fact]
    public void Corrupt_deflated_data_is_refused_or_inflated_up_to_the_limit()
    {
        var corpus = Fuzzing.Corpus("deflate").Select(Convert.FromHexString)
            .Append(Deflate(Encoding.UTF8.GetBytes(string.Join(' ', Enumerable.Range(0, 150))), CompressionLevel.Optimal));
        Fuzzing.Mutations(corpus).Check(deflated => Inflate(deflated), Convert.ToHexString);
    }

    private static List<string> Read(byte[] bytes, bool deflate, int[] pieces)
    {
        var recorder = new ByteRecorder();
        var reader = new FrameReader(MaxBytes, deflate);
        Span<byte> rest = [.. bytes];
        foreach (var piece in pieces)
        {
            reader.Read(rest[..Math.Min(piece, rest.Length)], recorder);
            rest = rest[Math.Min(piece, rest.Length)..];
        }
        reader.Read(rest, recorder);
        reader.Release();
        return recorder.Calls;
    }

    [Fact]
    public void Truncated_message_is_never_inflated()
    {
        var random = new Random(1);
        foreach (var level in (CompressionLevel[])[CompressionLevel.Fastest, CompressionLevel.Optimal])
        {
            for (var round = 0; round < 100; round++)
            {
                var deflated = Deflate(random.GetItems("abcdefgh{}\":"u8.ToArray(), random.Next(5, 300)), level);
                Assert.Equal(InflateResult.Done, Inflate(deflated).Item1);
                for (var length = 0; length < deflated.Length; length++)
                {
                    var (result, text) = Inflate(deflated[..length]);
                    // Nothing, or the whole text whose only end is missing, is a message.
                    Assert.True(result == InflateResult.Malformed, $"{result} {text} of {Convert.ToHexString(deflated[..length])}");
                }
            }
        }
    }

    // As a client does: without the empty block at the end, which is all of an empty message.
    private static byte[] Deflate(byte[] data, CompressionLevel level)
    {
        if (data.Length == 0) return [0];
        using var deflated = new MemoryStream();
        using (var deflate = new DeflateStream(deflated, level, leaveOpen: true))
        {
            deflate.Write(data);
            deflate.Flush();
            return deflated.ToArray()[..^4];
        }
    }

    private static (InflateResult, string) Inflate(byte[] deflated)
    {
        var text = new byte[MaxBytes];
        byte[] payload = [.. deflated, .. FrameInflater.DeflateTail];
        var result = FrameInflater.Inflate(payload, text, out var length);
        Assert.InRange(length, 0, MaxBytes);
        return (result, Convert.ToHexString(text, 0, length));
    }
}
