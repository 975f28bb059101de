using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace ChatServer.Bench.Fanout;

/// <summary>What a bench message carries besides its padding.</summary>
/// <param name="Run">Tells this run from others, and from people.</param>
/// <param name="Publisher">Who said it, from 0.</param>
/// <param name="Counter">Its place among those of its publisher, from 0.</param>
/// <param name="SentAt">When, by <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct BenchStamp(int Run, int Publisher, long Counter, long SentAt);

/// <summary>A bench message's text: <c>bench:</c>, the stamp in Base64 for URLs (nothing that JSON would escape), padding.</summary>
internal static class BenchText
{
    /// <summary>With what each begins.</summary>
    public static ReadOnlySpan<byte> Prefix => "bench:"u8;

    /// <summary>24 bytes in Base64.</summary>
    private const int StampLength = 32;

    /// <summary>Shortest text, in characters.</summary>
    public const int MinLength = 6 + StampLength;

    /// <summary>Writes a text that fills <paramref name="text"/>.</summary>
    public static void Write(Span<byte> text, BenchStamp stamp)
    {
        Prefix.CopyTo(text);
        Base64Url.EncodeToUtf8(MemoryMarshal.AsBytes(new ReadOnlySpan<BenchStamp>(in stamp)), text.Slice(Prefix.Length, StampLength), out _, out _);
        text[MinLength..].Fill((byte)'x');
    }

    /// <summary>Reads a text; false when it is not one of ours, whole.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, int length, out BenchStamp stamp)
    {
        stamp = default;
        return text.Length == length
            && text.StartsWith(Prefix)
            && Base64Url.DecodeFromUtf8(
                text.Slice(Prefix.Length, StampLength), MemoryMarshal.AsBytes(new Span<BenchStamp>(ref stamp)), out _, out _) == OperationStatus.Done;
    }
}
