using System.Text;
using ChatServer.Broadcast.Frames;

namespace ChatServer.Tests.Broadcast.Frames;

/// <summary>Records the calls of a reader, one line per call.</summary>
internal sealed class FrameRecorder : IFrameHandler
{
    public List<string> Calls { get; } = [];

    public void OnText(ReadOnlySpan<byte> utf8) => Calls.Add($"text {new UTF8Encoding(false, true).GetString(utf8)}");

    public void OnPing(ReadOnlySpan<byte> payload) => Calls.Add($"ping {Convert.ToHexString(payload)}");

    public void OnPong() => Calls.Add("pong");

    public void OnBinary(ReadOnlySpan<byte> bytes) => Calls.Add($"binary {Convert.ToHexString(bytes)}");

    public void OnClose(ushort code, ReadOnlySpan<byte> reason) => Calls.Add($"close {code}");

    public void OnViolation(ushort code, string reason) => Calls.Add($"violation {code}");

    public void OnReceived() => throw new InvalidOperationException("Only a connection makes this call.");

    public void OnEnd() => throw new InvalidOperationException("Only a connection makes this call.");

    /// <summary>
    /// The calls of a reader that receives <paramref name="bytes"/> in pieces of the given lengths, and the rest in one piece.
    /// </summary>
    public static List<string> Read(byte[] bytes, params IEnumerable<int> pieces)
    {
        var recorder = new FrameRecorder();
        var reader = new FrameReader(64 * 1024);
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
}
