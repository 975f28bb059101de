using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace ChatServer.Cli.Bench.Fanout;

/// <summary>The stamp in a bench message.</summary>
/// <param name="Run">Identifies the run.</param>
/// <param name="Publisher">Number of its publisher, from 0.</param>
/// <param name="Counter">Its number among the messages of its publisher, from 0.</param>
/// <param name="SentAt">Time of sending (<see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>).</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly record struct BenchStamp(int Run, int Publisher, long Counter, long SentAt);

/// <summary>Text of a bench message: <c>bench:</c>, the stamp in URL-safe Base64 (without characters that JSON escapes), padding.</summary>
internal static class BenchText
{
    /// <summary>Beginning of each text.</summary>
    public static ReadOnlySpan<byte> Prefix => "bench:"u8;

    /// <summary>24 bytes in Base64.</summary>
    private const int StampLength = 32;

    /// <summary>Minimum length, in characters.</summary>
    public const int MinLength = 6 + StampLength;

    /// <summary>Writes a text that fills <paramref name="text"/>.</summary>
    public static void Write(Span<byte> text, BenchStamp stamp)
    {
        Prefix.CopyTo(text);
        Base64Url.EncodeToUtf8(
            MemoryMarshal.AsBytes(new ReadOnlySpan<BenchStamp>(in stamp)), text.Slice(Prefix.Length, StampLength), out _, out _);
        text[MinLength..].Fill((byte)'x');
    }

    /// <summary>Reads the stamp; false if the text is not a complete bench message.</summary>
    public static bool TryRead(ReadOnlySpan<byte> text, int length, out BenchStamp stamp)
    {
        stamp = default;
        return text.Length == length
            && text.StartsWith(Prefix)
            && Base64Url.DecodeFromUtf8(
                text.Slice(Prefix.Length, StampLength), MemoryMarshal.AsBytes(new Span<BenchStamp>(ref stamp)), out _, out _)
                    == OperationStatus.Done;
    }
}
