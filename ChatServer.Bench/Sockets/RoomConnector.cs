using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ChatServer.Bench.Sockets;

/// <summary>Joins a room: connects and completes the WebSocket handshake, without extensions.</summary>
internal sealed class RoomConnector(RoomAddress room)
{
    // Time limit of a join, including refusals because of the rate limit.
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(60);

    private const int MaxHeadBytes = 8192;
    private const int TooManyRequests = 429;

    // IPPROTO_IP and IP_BIND_ADDRESS_NO_PORT: the port is chosen at connect, and needs to be unique per destination only.
    private const int IpLevel = 0, BindAddressNoPort = 24;

    /// <summary>Joins as connection <paramref name="number"/>. Retries after a refusal because of the rate limit.</summary>
    /// <returns>A connection that does not receive yet: see <see cref="WaitForWelcomeAsync"/>.</returns>
    /// <exception cref="BenchException">The room refused the connection, or no server responds.</exception>
    public async Task<RoomSocket> JoinAsync(int number, IRoomSocketHandler handler, int bufferBytes, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(HandshakeTimeout);
        try
        {
            while (true)
            {
                if (await TryJoinAsync(number, handler, bufferBytes, deadline.Token) is { } joined)
                    return joined;
                await Task.Delay(Random.Shared.Next(100, 400), deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new BenchException($"{room.EndPoint} did not complete a handshake within {HandshakeTimeout.TotalSeconds} s.");
        }
    }

    /// <summary>Starts receiving and waits for <paramref name="welcome"/>.</summary>
    /// <exception cref="BenchException">The room sent no welcome.</exception>
    public async Task WaitForWelcomeAsync(RoomSocket joined, Task welcome, CancellationToken ct)
    {
        joined.Start();
        try
        {
            await welcome.WaitAsync(HandshakeTimeout, ct);
        }
        catch (TimeoutException)
        {
            throw new BenchException($"{room.EndPoint} sent no welcome within {HandshakeTimeout.TotalSeconds} s.");
        }
    }

    // Null: the rate limit of connections is reached.
    private async Task<RoomSocket?> TryJoinAsync(int number, IRoomSocketHandler handler, int bufferBytes, CancellationToken ct)
    {
        var socket = new Socket(room.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            var (status, surplus) = await UpgradeAsync(socket, number, ct);
            if (status == (int)HttpStatusCode.SwitchingProtocols)
            {
                var joined = new RoomSocket(socket, handler, surplus.Span, bufferBytes);
                socket = null;
                return joined;
            }
            return status == TooManyRequests ? null : throw new BenchException($"{room.EndPoint} refused a member with status {status}.");
        }
        catch (SocketException e)
        {
            throw new BenchException($"No connection to {room.EndPoint}: {e.Message}");
        }
        finally
        {
            socket?.Dispose();
        }
    }

    private async Task<(int Status, ReadOnlyMemory<byte> Surplus)> UpgradeAsync(Socket socket, int number, CancellationToken ct)
    {
        if (room.SourceOf(number) is { } source)
        {
            socket.SetRawSocketOption(IpLevel, BindAddressNoPort, BitConverter.GetBytes(1));
            socket.Bind(new IPEndPoint(source, 0));
        }
        await socket.ConnectAsync(room.EndPoint, ct);

        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var separator = room.Target.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET {room.Target}{separator}history=0&user=bench-{number} HTTP/1.1\r\nHost: {room.Authority}\r\n"
            + $"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"), ct);

        var buffer = new byte[MaxHeadBytes];
        var filled = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(filled), ct);
            filled += received;
            var end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
                return (StatusOf(Encoding.ASCII.GetString(buffer, 0, end), key), buffer.AsMemory((end + 4)..filled));
            if (received == 0 || filled == buffer.Length)
                throw new BenchException($"{room.EndPoint} did not answer the handshake with HTTP.");
        }
    }

    private int StatusOf(string head, string key)
    {
        var lines = head.Split("\r\n");
        if (!lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
            || !int.TryParse(lines[0].AsSpan(9, Math.Min(3, lines[0].Length - 9)), out var status))
            throw new BenchException($"{room.EndPoint} did not answer the handshake with HTTP.");
        if (status == (int)HttpStatusCode.SwitchingProtocols
            && !lines.Contains($"Sec-WebSocket-Accept: {AcceptOf(key)}", StringComparer.OrdinalIgnoreCase))
            throw new BenchException($"{room.EndPoint} did not accept the handshake's key.");
        return status;
    }

    // RFC 6455, section 1.3, defines SHA-1 and this text.
    [System.Diagnostics.CodeAnalysis.SuppressMessage(
        "Security", "CA5350", Justification = "The protocol requires it; it protects no secret.")]
    private static string AcceptOf(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
}
