using System.Net;
using System.Net.Sockets;
using System.Text;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;
using ChatServer.RoomHost.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Plays a room through before the host takes part: people come over real sockets, talk, come back and are sent away. A method is compiled
/// at its first call, and the first to call would be the members that another host has just lost, all at once. The stage is its own, on a
/// port of the system's choice: nothing of it is seen, counted or left over.
/// </summary>
internal static partial class JitWarmup
{
    // It takes a fifth of a second.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    // Settings are for members; none of them can turn these people away.
    private static readonly RoomHostOptions Options = new() { HostId = "jit-warmup", Address = "localhost" };

    private static readonly RoomRecord Record = new()
    {
        Name = "jit-warmup",
        Options = new RoomOptions { Durability = Durability.Memory },
        CreatedAt = DateTimeOffset.UnixEpoch,
        State = RoomState.Open,
        HostId = Options.HostId,
        Address = Options.Address,
        Port = 0,
        Term = 1,
        Epoch = "jit-warmup",
        Seq = 0,
        Messages = 0,
        Members = 0,
        Announced = 0,
    };

    /// <summary>Plays until the end, or until it fails, which costs the first members their time and nothing else.</summary>
    public static async Task TryAsync(ILogger logger)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            await RunAsync(timeout.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            Log.WarmupFailed(logger, e);
        }
    }

    /// <summary>Returns when it was played to its end.</summary>
    /// <exception cref="IOException">A visitor heard something else than its part, or there is no port.</exception>
    /// <exception cref="SocketException">The loopback does not connect.</exception>
    /// <exception cref="OperationCanceledException"/>
    public static async Task RunAsync(CancellationToken ct)
    {
        var ports = new RoomPorts(new RoomPortsOptions { Bind = IPAddress.Loopback }, TimeProvider.System, NullLogger<RoomPorts>.Instance);
        using var rate = new JoinRateLimiter(perSecond: 0);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton<IConnectionListenerFactory>(ports);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(ports.ListenOn);
        await using var app = builder.Build();
        app.Run(new RoomRequestHandler(Options, rate).HandleAsync);
        await app.StartAsync(ct);

        var slot = new RoomSlot(Record.Name);
        var port = ports.Open(0, slot) ?? throw new IOException("No free port.");
        await using var room = new Room(
            Record, tail: null, log: null, previousSeats: [], seats: null, Options, EventJson.WelcomeLimits(Options), TimeProvider.System,
            isHeldSince: _ => true, seenAt: 0);
        slot.SetRoom(room);
        await ExchangeMessagesAsync(room, port, ct);
    }

    private static async Task ExchangeMessagesAsync(Room room, int port, CancellationToken ct)
    {
        using WarmupClient ada = new(), back = new(), ben = new();
        // Ben takes part in what is compressed, and reads none of it.
        await ben.ConnectAsync(port, "user=ben", "Sec-WebSocket-Extensions: permessage-deflate\r\n", ct);
        await ada.ConnectAsync(port, "user=ada&session=ada-in-jit-warmup", "", ct);
        for (var id = 1; id <= 2; id++)
        {
            await ada.SendTextAsync($$"""{"type":"message","id":"{{id}}","text":"{{new string('.', FrameDeflater.MinBytes)}}"}""", ct);
            await ada.ReceiveUntilAsync($"\"seq\":{id}", ct);
        }
        ada.Dispose();
        await back.ConnectAsync(port, $"user=ada&session=ada-in-jit-warmup&since={Record.Epoch}.1", "", ct);
        await back.ReceiveUntilAsync("\"seq\":2", ct);
        await back.SendTextAsync("""{"type":"ping"}""", ct);
        await back.ReceiveUntilAsync("pong", ct);
        var closing = room.CloseAsync(CloseCodes.GoingAway, "host-stopping", reconnect: true, Timeout);
        await back.ReceiveUntilAsync("closing", ct);
        back.Dispose();
        ben.Dispose();
        await closing;
    }

    private sealed class WarmupClient : IDisposable
    {
        private readonly TcpClient _client = new();
        private readonly byte[] _buffer = new byte[4096];
        private string _received = "";

        public async Task ConnectAsync(int port, string query, string headers, CancellationToken ct)
        {
            await _client.ConnectAsync(IPAddress.Loopback, port, ct);
            await SendAsync(Encoding.ASCII.GetBytes(
                $"GET /?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
                $"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{headers}\r\n"), ct);
            await ReceiveUntilAsync("HTTP/1.1 101", ct);
        }

        public async Task SendTextAsync(string json, CancellationToken ct)
        {
            const byte masked = 0x80;
            byte[] header = new byte[FrameWriter.HeaderLength(json.Length)], mask = new byte[4];
            FrameWriter.WriteHeader(header, FrameOpcode.Text, json.Length);
            header[1] |= masked;
            await SendAsync([.. header, .. mask, .. Encoding.ASCII.GetBytes(json)], ct);
        }

        public async Task ReceiveUntilAsync(string expected, CancellationToken ct)
        {
            while (!_received.Contains(expected, StringComparison.Ordinal))
            {
                var read = await _client.GetStream().ReadAsync(_buffer, ct);
                _received += read > 0 ? Encoding.Latin1.GetString(_buffer, 0, read) : throw new IOException($"The connection ended before {expected} was received.");
            }
        }

        public void Dispose() => _client.Dispose();

        private async Task SendAsync(byte[] bytes, CancellationToken ct) => await _client.GetStream().WriteAsync(bytes, ct);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "JIT warm-up failed; the first members wait for JIT compilation.")]
        public static partial void WarmupFailed(ILogger logger, Exception exception);
    }
}
