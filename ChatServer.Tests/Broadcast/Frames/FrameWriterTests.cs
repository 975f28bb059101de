using System.Net.WebSockets;
using System.Text;
using ChatServer.Broadcast.Frames;

namespace ChatServer.Tests.Broadcast.Frames;

public sealed class FrameWriterTests
{
    [Theory]
    [InlineData(0, "8100")]
    [InlineData(125, "817D")]
    [InlineData(126, "817E007E")]
    [InlineData(65535, "817EFFFF")]
    [InlineData(65536, "817F0000000000010000")]
    public void Shortest_header_is_written(int length, string expected)
    {
        var header = new byte[FrameWriter.MaxHeaderBytes];
        var size = FrameWriter.WriteHeader(header, FrameOpcode.Text, length);
        Assert.Equal(expected, Convert.ToHexString(header, 0, size));
        Assert.Equal(size, FrameWriter.HeaderLength(length));
    }

    [Fact]
    public void Too_small_destination_is_refused() =>
        Assert.ThrowsAny<Exception>(() => FrameWriter.WriteHeader(new byte[3], FrameOpcode.Text, 1000));

    [Fact]
    public void Close_frame_contains_code_and_reason() =>
        Assert.Equal("880503E8627965", Convert.ToHexString(FrameWriter.Close(1000, "bye")));

    [Theory]
    [InlineData("ä", 122)]
    [InlineData("€", 123)]
    [InlineData("🙂", 120)]
    public void Long_reason_is_truncated_at_a_character_boundary(string character, int bytes)
    {
        var frame = FrameWriter.Close(1008, string.Concat(Enumerable.Repeat(character, 200)));
        Assert.Equal(2 + 2 + bytes, frame.Length);
        Assert.Equal(2 + bytes, frame[1]);
        new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(frame.AsSpan(4));
    }

    [Fact]
    public async Task System_Net_WebSockets_reads_the_written_frames()
    {
        var text = Encoding.ASCII.GetBytes(new string('y', 70_000));
        var header = new byte[FrameWriter.MaxHeaderBytes];
        var size = FrameWriter.WriteHeader(header, FrameOpcode.Text, text.Length);
        using var stream = new MemoryStream(
        [
            .. FrameWriter.Ping, .. header.AsSpan(0, size), .. text,
            .. FrameWriter.Pong([1, 2, 3]), .. FrameWriter.Close(4004, "room closed"),
        ]);
        using var client = WebSocket.CreateFromStream(new ReadOnlyHalf(stream), new WebSocketCreationOptions { IsServer = false });

        var received = new byte[80_000];
        var length = 0;
        ValueWebSocketReceiveResult result;
        do
        {
            result = await client.ReceiveAsync(received.AsMemory(length), TestContext.Current.CancellationToken);
            length += result.Count;
        }
        while (!result.EndOfMessage);
        Assert.Equal(text, received[..length]);
        result = await client.ReceiveAsync(received.AsMemory(), TestContext.Current.CancellationToken);
        Assert.Equal(WebSocketMessageType.Close, result.MessageType);
        Assert.Equal(4004, (int?)client.CloseStatus);
        Assert.Equal("room closed", client.CloseStatusDescription);
    }

    /// <summary>Discards the bytes that the client writes.</summary>
    private sealed class ReadOnlyHalf(Stream inner) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
        }
    }
}
