using System.Net;
using System.Net.Sockets;
using System.Text;
using ChatServer.Backplane;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Contracts;
using ChatServer.RoomHost.Rooms;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Runs a room's whole life before the host takes part: clients join over real sockets, send messages, resume and are closed. A method is
/// compiled at its first call, and the first callers would be all members of a failed host at once. The room is separate from the host's,
/// on a port that the system chooses; it is not visible, not counted, and closed afterwards.
/// </summary>
internal static partial class JitWarmup
{
    // The warm-up takes about 200 ms.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    // Defaults, not the host's settings: those could refuse the warm-up clients.
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

    /// <summary>Runs the warm-up. A failure is logged: it only makes the first members wait for JIT compilation.</summary>
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

    /// <summary>Runs the warm-up to its end.</summary>
    /// <exception cref="IOException">A client received something unexpected, or there is no free port.</exception>
    /// <exception cref="SocketException">A loopback connection failed.</exception>
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
            new WriteFence(isLeaseHeldSince: _ => true, ownedAt: 0));
        slot.SetRoom(room);
        await ExchangeMessagesAsync(room, port, ct);
    }

    private static async Task ExchangeMessagesAsync(Room room, int port, CancellationToken ct)
    {
        using WarmupClient ada = new(), back = new(), ben = new();
        // Ben makes the room compress events, and reads none of them.
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
                _received += read > 0 ? Encoding.Latin1.GetString(_buffer, 0, read)
                    : throw new IOException($"The connection ended before {expected} was received.");
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
