using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ChatServer.Tests.Support;

/// <summary>A frame that the server has sent.</summary>
public sealed record RawFrame(byte FirstByte, byte[] Payload)
{
    public int Opcode => FirstByte & 0x0F;
    public bool Final => (FirstByte & 0x80) != 0;
    public string Text => Encoding.UTF8.GetString(Payload);

    /// <summary>The code of a Close frame; 1005 if it has none.</summary>
    public ushort CloseCode => Payload.Length < 2 ? (ushort)1005 : BinaryPrimitives.ReadUInt16BigEndian(Payload);
}

/// <summary>
/// A WebSocket client without any checks: the test controls every header, every bit of a frame header and every byte, including those that
/// RFC 6455 forbids. A read fails after ten seconds.
/// </summary>
public sealed class RawWebSocket : IDisposable
{
    public const string Key = "dGhlIHNhbXBsZSBub25jZQ==";
    public const string AcceptOfKey = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly NetworkStream _stream;

    private RawWebSocket(Socket socket)
    {
        Socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public Socket Socket { get; }

    public static async Task<RawWebSocket> ConnectAsync(int port, Action<Socket>? prepare = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        prepare?.Invoke(socket);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new RawWebSocket(socket);
    }

    /// <summary>Connects and completes the handshake; fails the test if the server refuses it.</summary>
    public static async Task<RawWebSocket> JoinAsync(int port, string target = "/", Action<Socket>? prepare = null)
    {
        var client = await ConnectAsync(port, prepare);
        var head = await client.HandshakeAsync(Request(target));
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        return client;
    }

    /// <summary>
    /// A valid handshake. Each of <paramref name="headers"/> (<c>Name: value</c>) replaces the header of the same name or is added; one
    /// without a value removes the header.
    /// </summary>
    public static string Request(string target = "/", params string[] headers)
    {
        var lines = new List<string>
        {
            "Host: localhost", "Upgrade: websocket", "Connection: Upgrade", $"Sec-WebSocket-Key: {Key}", "Sec-WebSocket-Version: 13",
        };
        foreach (var header in headers)
            lines.RemoveAll(line => line.StartsWith(header[..(header.IndexOf(':') + 1)], StringComparison.OrdinalIgnoreCase));
        lines.AddRange(headers.Where(header => !header.EndsWith(':')));
        return $"GET {target} HTTP/1.1\r\n{string.Join("\r\n", lines)}\r\n\r\n";
    }

    /// <summary>Sends a request and returns the head of the response (status line and headers).</summary>
    public async Task<string> HandshakeAsync(string request)
    {
        await SendBytesAsync(Encoding.ASCII.GetBytes(request));
        return await ReadHeadAsync();
    }

    public async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            head.Append((char)(await ReadAsync(1))[0]);
        return head.ToString();
    }

    public Task SendBytesAsync(ReadOnlyMemory<byte> bytes) => _stream.WriteAsync(bytes).AsTask();

    public Task SendTextAsync(string text) => SendBytesAsync(Frame(0x81, Encoding.UTF8.GetBytes(text)));

    public Task SendFrameAsync(byte firstByte, ReadOnlySpan<byte> payload, bool masked = true) =>
        SendBytesAsync(Frame(firstByte, payload, masked));

    public Task SendCloseAsync(ushort code, string reason = "") =>
        SendFrameAsync(0x88, [(byte)(code >> 8), (byte)code, .. Encoding.UTF8.GetBytes(reason)]);

    /// <summary>Encodes one frame. <paramref name="firstByte"/> contains FIN, the reserved bits and the opcode.</summary>
    public static byte[] Frame(byte firstByte, ReadOnlySpan<byte> payload, bool masked = true)
    {
        var frame = new List<byte> { firstByte };
        var maskBit = (byte)(masked ? 0x80 : 0);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(length, (ulong)payload.Length);
        if (payload.Length < 126)
            frame.Add((byte)(maskBit | payload.Length));
        else if (payload.Length <= ushort.MaxValue)
            frame.AddRange([(byte)(maskBit | 126), .. length[6..]]);
        else
            frame.AddRange([(byte)(maskBit | 127), .. length]);
        if (!masked)
            return [.. frame, .. payload];

        var key = RandomNumberGenerator.GetBytes(4);
        frame.AddRange(key);
        for (var i = 0; i < payload.Length; i++)
            frame.Add((byte)(payload[i] ^ key[i & 3]));
        return [.. frame];
    }

    /// <summary>Reads the next frame; fails if the server has closed the connection or masked the frame.</summary>
    public async Task<RawFrame> ReadFrameAsync()
    {
        var start = await ReadAsync(2);
        Assert.True((start[1] & 0x80) == 0, "The server masked a frame.");
        int length = start[1];
        if (length == 126)
            length = BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2));
        else if (length == 127)
            length = checked((int)BinaryPrimitives.ReadUInt64BigEndian(await ReadAsync(8)));
        return new RawFrame(start[0], await ReadAsync(length));
    }

    /// <summary>Reads frames up to the Close frame, and returns its code.</summary>
    public async Task<ushort> ReadCloseCodeAsync()
    {
        RawFrame frame;
        do
            frame = await ReadFrameAsync();
        while (frame.Opcode != 8);
        return frame.CloseCode;
    }

    /// <summary>Waits for the end of the connection: true if the server has closed or reset it, false if it has sent a byte.</summary>
    public async Task<bool> IsClosedAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            return await _stream.ReadAsync(new byte[1], timeout.Token) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        using var timeout = new CancellationTokenSource(Timeout);
        await _stream.ReadExactlyAsync(bytes, timeout.Token);
        return bytes;
    }

    public void Dispose() => _stream.Dispose();
}
