using System.Buffers;
using System.Net.WebSockets;

namespace ChatServer.Broadcast.Frames;

/// <summary>
/// Writes compressed text frames, with the framework's WebSocket over a buffer. The compression window is empty at each message, so every
/// member that negotiated the extension can read a frame, whatever was sent to it before.
/// </summary>
/// <remarks>One for each thread: no state remains between calls.</remarks>
internal sealed class FrameDeflater
{
    /// <summary>Shorter messages are sent plain: compression costs 20 µs and saves too few bytes.</summary>
    public const int MinBytes = 256;

    [ThreadStatic]
    private static FrameDeflater? _threadInstance;

    private readonly ArrayBufferWriter<byte> _written = new(4096);
    private readonly WebSocket _socket;
    private byte[] _text = [];

    private FrameDeflater() => _socket = WebSocket.CreateFromStream(new CaptureStream(_written), new WebSocketCreationOptions
    {
        IsServer = true,
        KeepAliveInterval = Timeout.InfiniteTimeSpan,
        DangerousDeflateOptions = new WebSocketDeflateOptions { ServerContextTakeover = false, ClientContextTakeover = false },
    });

    /// <summary>
    /// The compressed frame of <paramref name="text"/>, valid until the thread's next call. Empty if the plain frame is better.
    /// </summary>
    public static ReadOnlySpan<byte> Deflate(ReadOnlySpan<byte> text)
    {
        if (text.Length < MinBytes)
            return default;
        var frame = (_threadInstance ??= new FrameDeflater()).Write(text);
        return frame.Length < FrameWriter.HeaderLength(text.Length) + text.Length ? frame : default;
    }

    private ReadOnlySpan<byte> Write(ReadOnlySpan<byte> text)
    {
        if (_text.Length < text.Length)
            _text = new byte[Math.Max(4096, text.Length)];
        text.CopyTo(_text);
        _written.ResetWrittenCount();
        var sending = _socket.SendAsync(
            _text.AsMemory(0, text.Length), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        // A write to memory completes synchronously.
        if (!sending.IsCompletedSuccessfully)
            throw new InvalidOperationException("Writing to memory did not complete.");
        return _written.WrittenSpan;
    }

    private sealed class CaptureStream(ArrayBufferWriter<byte> written) : Stream
    {
        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            written.Write(buffer.Span);
            return default;
        }

        public override void Write(byte[] buffer, int offset, int count) => written.Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
