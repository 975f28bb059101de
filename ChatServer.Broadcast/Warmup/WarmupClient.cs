using System.Net;
using System.Net.Sockets;
using System.Text;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Relays;

namespace ChatServer.Broadcast.Warmup;

/// <summary>
/// A WebSocket client of the JIT warm-up, on the loopback. It trusts the server: it searches texts in the bytes that it receives.
/// </summary>
internal sealed class WarmupClient : IDisposable
{
    private readonly TcpClient _client = new();
    private readonly RelayWriter _relay = new(isMasked: true);
    private readonly byte[] _buffer = new byte[4096];
    private string _received = "";

    /// <summary>Connects and upgrades.</summary>
    /// <param name="port">The port.</param>
    /// <param name="query">The query, without its question mark.</param>
    /// <param name="headers">More headers, each with its line end.</param>
    /// <param name="ct">Ends the attempt.</param>
    /// <exception cref="IOException">The server refused the handshake, and closed the connection.</exception>
    /// <exception cref="SocketException">The port is closed.</exception>
    public async Task ConnectAsync(int port, string query, string headers, CancellationToken ct)
    {
        await _client.ConnectAsync(IPAddress.Loopback, port, ct);
        await SendAsync(Encoding.ASCII.GetBytes(
            $"GET /?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
            $"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{headers}\r\n"), ct);
        await ReceiveUntilAsync("HTTP/1.1 101", ct);
    }

    /// <summary>Sends a text frame.</summary>
    public async Task SendTextAsync(string json, CancellationToken ct)
    {
        const byte masked = 0x80;
        byte[] header = new byte[FrameWriter.HeaderLength(json.Length)], mask = new byte[4];
        FrameWriter.WriteHeader(header, FrameOpcode.Text, json.Length);
        header[1] |= masked;
        await SendAsync([.. header, .. mask, .. Encoding.ASCII.GetBytes(json)], ct);
    }

    /// <summary>Sends a message of a relay.</summary>
    public Task SendRelayAsync(WriteRelayMessage write, CancellationToken ct) => SendAsync(write(_relay).ToArray(), ct);

    /// <summary>Receives until <paramref name="expected"/> is among what was received since the connection.</summary>
    /// <exception cref="IOException">The connection ended before.</exception>
    public async Task ReceiveUntilAsync(string expected, CancellationToken ct)
    {
        while (!_received.Contains(expected, StringComparison.Ordinal))
        {
            var read = await _client.GetStream().ReadAsync(_buffer, ct);
            _received += read > 0 ? Encoding.Latin1.GetString(_buffer, 0, read)
                : throw new IOException($"The connection ended before {expected} was received.");
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task SendAsync(byte[] bytes, CancellationToken ct) => await _client.GetStream().WriteAsync(bytes, ct);
}
