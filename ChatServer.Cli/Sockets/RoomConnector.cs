using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ChatServer.Cli.Sockets;

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
    /// <exception cref="CliException">The room refused the connection, or no server responds.</exception>
    public async Task<RoomSocket> JoinAsync(int number, IRoomSocketHandler handler, int bufferBytes, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(HandshakeTimeout);
        try
        {
            while (true)
            {
                var (joined, status) = await TryJoinAsync(
                    number, $"history=0&user=bench-{number}", handler, bufferBytes, deadline.Token);
                if (joined is not null)
                    return joined;
                if (status != TooManyRequests)
                    throw new CliException($"{room.EndPoint} refused a member with status {status}.");
                await Task.Delay(Random.Shared.Next(100, 400), deadline.Token);
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CliException($"{room.EndPoint} did not complete a handshake within {HandshakeTimeout.TotalSeconds} s.");
        }
    }

    /// <summary>Starts receiving and waits for <paramref name="welcome"/>.</summary>
    /// <exception cref="CliException">The room sent no welcome.</exception>
    public async Task WaitForWelcomeAsync(RoomSocket joined, Task welcome, CancellationToken ct)
    {
        joined.Start();
        try
        {
            await welcome.WaitAsync(HandshakeTimeout, ct);
        }
        catch (TimeoutException)
        {
            throw new CliException($"{room.EndPoint} sent no welcome within {HandshakeTimeout.TotalSeconds} s.");
        }
    }

    /// <summary>Attempts once to join as connection <paramref name="number"/>.</summary>
    /// <returns>The connection, or null and the status of the refusal.</returns>
    /// <exception cref="CliException">No server responds.</exception>
    public async Task<(RoomSocket? Joined, int Status)> TryJoinAsync(
        int number, string query, IRoomSocketHandler handler, int bufferBytes, CancellationToken ct)
    {
        var socket = new Socket(room.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            var (status, surplus) = await UpgradeAsync(socket, number, query, ct);
            if (status == (int)HttpStatusCode.SwitchingProtocols)
            {
                var joined = new RoomSocket(socket, handler, surplus.Span, bufferBytes);
                socket = null;
                return (joined, status);
            }
            return (null, status);
        }
        catch (SocketException e)
        {
            throw new CliException($"No connection to {room.EndPoint}: {e.Message}");
        }
        finally
        {
            socket?.Dispose();
        }
    }

    private async Task<(int Status, ReadOnlyMemory<byte> Surplus)> UpgradeAsync(
        Socket socket, int number, string query, CancellationToken ct)
    {
        if (room.SourceOf(number) is { } source)
        {
            socket.SetRawSocketOption(IpLevel, BindAddressNoPort, BitConverter.GetBytes(1));
            socket.Bind(new IPEndPoint(source, 0));
        }
        await socket.ConnectAsync(room.EndPoint, ct);

        // The key only proves that the server knows WebSockets: the first frame proves more.
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var separator = room.Target.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET {room.Target}{separator}{query} HTTP/1.1\r\nHost: {room.Authority}\r\n"
            + $"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"), ct);

        var buffer = new byte[MaxHeadBytes];
        var filled = 0;
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(filled), ct);
            filled += received;
            var end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
                return (StatusOf(Encoding.ASCII.GetString(buffer, 0, end)), buffer.AsMemory((end + 4)..filled));
            if (received == 0 || filled == buffer.Length)
                throw new CliException($"{room.EndPoint} did not answer the handshake with HTTP.");
        }
    }

    private int StatusOf(string head) =>
        head.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
            && int.TryParse(head.AsSpan(9, Math.Min(3, head.Length - 9)), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : throw new CliException($"{room.EndPoint} did not answer the handshake with HTTP.");
}
