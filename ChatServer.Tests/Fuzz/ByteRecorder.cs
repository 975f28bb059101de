using ChatServer.Broadcast.Frames;

namespace ChatServer.Tests.Fuzz;

/// <summary>Records the calls of a reader with their bytes.</summary>
internal sealed class ByteRecorder : IFrameHandler
{
    public List<string> Calls { get; } = [];

    public void OnText(ReadOnlySpan<byte> utf8) => Calls.Add($"text {Convert.ToHexString(utf8)}");

    public void OnBinary(ReadOnlySpan<byte> bytes) => Calls.Add($"binary {Convert.ToHexString(bytes)}");

    public void OnPing(ReadOnlySpan<byte> payload) => Calls.Add($"ping {Convert.ToHexString(payload)}");

    public void OnPong() => Calls.Add("pong");

    public void OnClose(ushort code, ReadOnlySpan<byte> reason) => Calls.Add($"close {code} {Convert.ToHexString(reason)}");

    public void OnViolation(ushort code, string reason) => Calls.Add($"violation {code} {reason}");

    public void OnReceived() => throw new InvalidOperationException("Only a connection makes this call.");

    public void OnEnd() => throw new InvalidOperationException("Only a connection makes this call.");
}
