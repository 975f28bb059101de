using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Broadcast.Connections;

public sealed class RoomConnectionTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task NET_client_exchanges_texts_of_every_size_and_closes()
    {
        await using var host = await SocketsHost.StartAsync();
        var port = host.Open("lobby");
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("chat.v1");
        await client.ConnectAsync(new Uri($"ws://127.0.0.1:{port}/?user=ann"), TestContext.Current.CancellationToken);
        Assert.Equal("chat.v1", client.SubProtocol);

        var buffer = new byte[70_000];
        foreach (var length in new[] { 0, 1, 125, 126, 4000, 65535, 65536 })
        {
            var text = Encoding.ASCII.GetBytes(new string('t', length));
            await client.SendAsync(text, WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
            var received = 0;
            ValueWebSocketReceiveResult result;
            do
            {
                result = await client.ReceiveAsync(buffer.AsMemory(received), TestContext.Current.CancellationToken);
                received += result.Count;
            }
            while (!result.EndOfMessage);
            Assert.Equal(text, buffer[..received]);
        }
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", TestContext.Current.CancellationToken);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.CloseStatus);
    }

    [Fact]
    public async Task Plain_requests_are_answered_as_HTTP_and_keep_the_connection()
    {
        await using var host = await SocketsHost.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(host.Open("lobby"));
        for (var i = 0; i < 3; i++)
        {
            var head = await client.HandshakeAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 200 ", head, StringComparison.Ordinal);
            Assert.Contains("Transfer-Encoding: chunked", head, StringComparison.Ordinal);
            Assert.Equal("5\r\nlobby\r\n0\r\n\r\n", Encoding.ASCII.GetString(await client.ReadAsync(15)));
        }
        Assert.StartsWith("HTTP/1.1 101 ", await client.HandshakeAsync(RawWebSocket.Request()), StringComparison.Ordinal);
        await client.SendTextAsync("still here");
        Assert.Equal("still here", (await client.ReadFrameAsync()).Text);
    }

    [Fact]
    public async Task Refused_handshake_is_answered_as_HTTP()
    {
        await using var host = await SocketsHost.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(host.Open("lobby"));
        var head = await client.HandshakeAsync(RawWebSocket.Request("/", "Sec-WebSocket-Version: 12"));
        Assert.StartsWith("HTTP/1.1 426 ", head, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Version: 13\r\n", head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frames_in_one_segment_with_the_handshake_are_not_lost()
    {
        await using var host = await SocketsHost.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(host.Open("lobby"));
        var big = Encoding.ASCII.GetBytes(new string('e', 10_000)); // More than one buffer of Kestrel.
        var cut = RawWebSocket.Frame(0x81, "cut"u8);
        await client.SendBytesAsync((byte[])[
            .. Encoding.ASCII.GetBytes(RawWebSocket.Request()),
            .. RawWebSocket.Frame(0x81, "early"u8), .. RawWebSocket.Frame(0x81, big), .. cut[..5]]);
        Assert.StartsWith("HTTP/1.1 101 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("early", (await client.ReadFrameAsync()).Text);
        Assert.Equal(big, (await client.ReadFrameAsync()).Payload);
        await client.SendBytesAsync(cut.AsMemory(5));
        Assert.Equal("cut", (await client.ReadFrameAsync()).Text);
    }

    [Fact]
    public async Task Handshake_sent_byte_by_byte_is_accepted()
    {
        await using var host = await SocketsHost.StartAsync();
        using var client = await RawWebSocket.ConnectAsync(host.Open("lobby"));
        foreach (var b in Encoding.ASCII.GetBytes(RawWebSocket.Request()))
            await client.SendBytesAsync(new[] { b });
        Assert.Contains(RawWebSocket.AcceptOfKey, await client.ReadHeadAsync(), StringComparison.Ordinal);
        foreach (var b in RawWebSocket.Frame(0x81, "slowly"u8))
            await client.SendBytesAsync(new[] { b });
        Assert.Equal("slowly", (await client.ReadFrameAsync()).Text);
    }

    [Fact]
    public async Task Immediate_send_never_overtakes_the_101()
    {
        await using var host = await SocketsHost.StartAsync();
        host.Handler = connection => new ImmediateSender(connection);
        var port = host.Open("lobby");
        for (var i = 0; i < 200; i++)
        {
            // JoinAsync reads the head byte by byte: a frame before the 101 fails the test.
            using var client = await RawWebSocket.JoinAsync(port);
            Assert.Equal("hello", (await client.ReadFrameAsync()).Text);
        }
    }

    [Theory]
    [InlineData(0x82, "binary", true, 1003)]
    [InlineData(0x81, "unmasked", false, 1002)]
    [InlineData(0xC1, "reserved bit", true, 1002)]
    public async Task Close_frame_arrives_before_the_end_while_the_client_continues_to_send(
        int firstByte, string payload, bool masked, int code)
    {
        await using var host = await SocketsHost.StartAsync();
        EchoHandler echo = null!;
        host.Handler = connection => echo = new EchoHandler(connection);
        using var client = await RawWebSocket.JoinAsync(host.Open("lobby"));

        byte[] flood = [.. RawWebSocket.Frame((byte)firstByte, Encoding.ASCII.GetBytes(payload), masked), .. new byte[1_000_000]];
        await client.SendBytesAsync(flood);
        Assert.Equal(code, await client.ReadCloseCodeAsync());
        Assert.True(await client.IsClosedAsync());
        Assert.False(echo.Ended.IsCompleted); // The connection lingers until the client closes.

        client.Dispose();
        await echo.Ended.WaitAsync(Timeout, TestContext.Current.CancellationToken);
        Assert.Equal(1, echo.Ends);
    }

    [Fact]
    public async Task Client_that_never_closes_is_disconnected_after_the_linger_time()
    {
        await using var host = await SocketsHost.StartAsync();
        EchoHandler echo = null!;
        RoomConnection? connection = null;
        host.Handler = accepted => echo = new EchoHandler(connection = accepted);
        using var client = await RawWebSocket.JoinAsync(host.Open("lobby"));
        await client.SendTextAsync("x");
        await client.ReadFrameAsync();

        connection!.Close(TimeSpan.FromMilliseconds(50));
        await echo.Ended.WaitAsync(Timeout, TestContext.Current.CancellationToken);
        Assert.Equal(-1, connection.TrySend("x"u8));
        Assert.False(await connection.SendAsync("x"u8.ToArray()));
        connection.Close(TimeSpan.Zero);
        connection.Abort();
        Assert.Equal(1, echo.Ends);
    }

    [Fact]
    public async Task TrySend_to_a_full_socket_returns_0_and_SendAsync_waits()
    {
        await using var host = await SocketsHost.StartAsync();
        RoomConnection connection = null!;
        host.Handler = accepted => new EchoHandler(connection = accepted);
        using var client = await RawWebSocket.JoinAsync(host.Open("lobby"), prepare: socket => socket.ReceiveBufferSize = 4096);
        await client.SendTextAsync("x");
        await client.ReadFrameAsync();

        var chunk = new byte[100_000];
        Random.Shared.NextBytes(chunk);
        var total = 0L;
        Task<bool> waiting;
        while (true)
        {
            int sent;
            while ((sent = connection.TrySend(chunk)) > 0)
                total += sent;
            Assert.Equal(0, sent);
            waiting = connection.SendAsync(chunk).AsTask();
            if (!waiting.IsCompleted)
                break;
            // The kernel has moved bytes to the receiving side in the meantime.
            Assert.True(await waiting);
            total += chunk.Length;
        }

        await client.ReadAsync((int)total);
        var last = await client.ReadAsync(chunk.Length);
        Assert.True(await waiting.WaitAsync(Timeout, TestContext.Current.CancellationToken));
        Assert.Equal(chunk, last);
        Assert.True(connection.TrySend("x"u8) == 1);
    }

    [Fact]
    public async Task Reset_ends_the_connection_once_and_fails_a_waiting_send()
    {
        await using var host = await SocketsHost.StartAsync();
        EchoHandler echo = null!;
        RoomConnection connection = null!;
        host.Handler = accepted => echo = new EchoHandler(connection = accepted);
        var client = await RawWebSocket.JoinAsync(host.Open("lobby"), prepare: socket => socket.ReceiveBufferSize = 4096);
        await client.SendTextAsync("x");
        await client.ReadFrameAsync();
        var waiting = connection.SendAsync(new byte[20_000_000]).AsTask();
        Assert.False(waiting.IsCompleted);

        client.Socket.Close(0); // Close(0) resets the connection.
        Assert.False(await waiting.WaitAsync(Timeout, TestContext.Current.CancellationToken));
        await echo.Ended.WaitAsync(Timeout, TestContext.Current.CancellationToken);
        Assert.Equal(-1, connection.TrySend("x"u8));
        Assert.Equal(1, echo.Ends);
    }

    [Fact]
    public async Task Abort_before_the_start_ends_the_handler_once()
    {
        await using var host = await SocketsHost.StartAsync();
        EchoHandler? echo = null;
        host.Handler = connection => echo = new ImmediateAborter(connection);
        using var client = await RawWebSocket.ConnectAsync(host.Open("lobby"));
        await client.SendBytesAsync(Encoding.ASCII.GetBytes(RawWebSocket.Request()));
        await Eventually.Async(() => echo?.Ends == 1, Timeout);
    }

    [Fact]
    public async Task Socket_of_an_aborted_connection_is_not_reused_before_its_handler_disposes_it()
    {
        await using var host = await SocketsHost.StartAsync(new() { Bind = System.Net.IPAddress.Loopback, MaxSockets = 2 });
        RoomConnection connection = null!;
        EchoHandler echo = null!;
        host.Handler = accepted => echo = new EchoHandler(connection = accepted) { LeavesDisposalToTest = true };
        var port = host.Open("lobby"); // The port uses the second socket.
        using var client = await RawWebSocket.JoinAsync(port);
        await client.SendTextAsync("x");
        await client.ReadFrameAsync();

        connection.Abort();
        await echo.Ended.WaitAsync(Timeout, TestContext.Current.CancellationToken);
        Assert.True(await client.IsClosedAsync());
        Assert.Equal(NonBlockingSocket.ConnectionGone, connection.SendSocket.Send("x"u8));
        using (var early = await RawWebSocket.ConnectAsync(port))
            Assert.True(await early.IsClosedAsync());

        connection.Dispose();
        using var next = await RawWebSocket.JoinAsync(port);
        await next.SendTextAsync("mine");
        Assert.Equal("mine", (await next.ReadFrameAsync()).Text);
    }

    [Fact]
    public async Task Throwing_handler_ends_only_its_own_connection()
    {
        await using var host = await SocketsHost.StartAsync();
        EchoHandler echo = null!;
        host.Handler = connection => echo = new ThrowingHandler(connection);
        var port = host.Open("lobby");
        using var first = await RawWebSocket.JoinAsync(port);
        using var second = await RawWebSocket.JoinAsync(port);
        await first.SendTextAsync("throw");
        Assert.True(await first.IsClosedAsync());
        await second.SendTextAsync("fine");
        Assert.Equal("fine", (await second.ReadFrameAsync()).Text);
    }

    [Fact]
    public async Task OnReceived_is_called_once_per_batch_after_its_frames()
    {
        await using var host = await SocketsHost.StartAsync();
        BatchCounter counter = null!;
        host.Handler = connection => counter = new BatchCounter(connection);
        using var client = await RawWebSocket.JoinAsync(host.Open("lobby"));
        byte[] hundred = [.. Enumerable.Range(0, 100).SelectMany(i => RawWebSocket.Frame(0x81, Encoding.ASCII.GetBytes($"{i}")))];
        await client.SendBytesAsync(hundred);
        await Eventually.Async(() => counter.Flushed == 100, Timeout);
        Assert.InRange(counter.Batches, 1, 10); // One segment, which is usually one read.
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HT")]
    public async Task Client_that_does_not_complete_its_request_is_disconnected(string start)
    {
        await using var host = await SocketsHost.StartAsync(
            new() { Bind = System.Net.IPAddress.Loopback, HandshakeTimeout = TimeSpan.FromSeconds(1) });
        using var client = await RawWebSocket.ConnectAsync(host.Open("lobby"));
        await client.SendBytesAsync(Encoding.ASCII.GetBytes(start));
        if (start.Length > 0)
            Assert.StartsWith("HTTP/1.1 408 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task Handshake_timeout_does_not_affect_a_member()
    {
        await using var host = await SocketsHost.StartAsync(
            new() { Bind = System.Net.IPAddress.Loopback, HandshakeTimeout = TimeSpan.FromSeconds(1) });
        var port = host.Open("lobby");
        using var member = await RawWebSocket.JoinAsync(port);
        using var silent = await RawWebSocket.ConnectAsync(port);
        Assert.True(await silent.IsClosedAsync());
        await member.SendTextAsync("still here");
        Assert.Equal("still here", (await member.ReadFrameAsync()).Text);
    }

    [Fact]
    public async Task TrySend_does_not_allocate()
    {
        await using var host = await SocketsHost.StartAsync();
        RoomConnection? connection = null;
        host.Handler = accepted => new EchoHandler(connection = accepted);
        using var client = await RawWebSocket.JoinAsync(host.Open("lobby"));
        for (var i = 0; i < 50; i++)
            connection!.TrySend("warm"u8);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            connection!.TrySend("four"u8);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Sends a frame before the connection starts, on the thread of the request.</summary>
    private sealed class ImmediateSender(RoomConnection connection) : EchoHandler(connection)
    {
        public override void OnDetached() => Connection.TrySend(EncodeFrame(FrameOpcode.Text, "hello"u8));
    }

    /// <summary>Aborts between the 101 and the start.</summary>
    private sealed class ImmediateAborter(RoomConnection connection) : EchoHandler(connection)
    {
        public override void OnDetached() => Connection.Abort();
    }

    private sealed class ThrowingHandler(RoomConnection connection) : EchoHandler(connection)
    {
        public override void OnText(ReadOnlySpan<byte> utf8)
        {
            if (utf8.SequenceEqual("throw"u8))
                throw new InvalidOperationException("thrown by the test");
            base.OnText(utf8);
        }
    }

    private sealed class BatchCounter(RoomConnection connection) : EchoHandler(connection)
    {
        private int _texts;

        public int Batches { get; private set; }

        public int Flushed { get; private set; }

        public override void OnText(ReadOnlySpan<byte> utf8) => _texts++;

        public override void OnReceived()
        {
            Batches++;
            Flushed = _texts;
        }
    }
}
