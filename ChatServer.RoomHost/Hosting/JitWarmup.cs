using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Relays;
using ChatServer.Broadcast.Warmup;
using ChatServer.Contracts;
using ChatServer.RoomHost.Relays;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tokens;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Runs the takeover of a room before the host accepts rooms. A method is compiled at its first call, and the first callers would otherwise
/// be all members of a failed host at once. A room is claimed in Redis; clients join it over real sockets, on their own and through a relay,
/// send messages, resume and are closed; then the room is claimed again, as by another host: its log is read into the ring, a client resumes,
/// and the relay attaches again.
/// </summary>
/// <remarks>
/// If Redis is unavailable, a room in memory takes its place, without the takeover. The room has a port that the system chooses, is in no
/// index (<see cref="WarmupRooms"/>), and is deleted. ADR 9 has the measured gain.
/// </remarks>
internal sealed partial class JitWarmup(
    WarmupRooms rooms, RoomDirectory directory, RoomOwnership ownership, RoomLog log, LogReadLimiter reads, ILogger<JitWarmup> logger)
{
    // The warm-up takes about 500 ms on an idle machine.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private const string Session = "ada-in-jit-warmup";

    private const string RelayedSession = "dan-in-jit-warmup";

    private static readonly string Key = RandomNumberGenerator.GetHexString(32);
    private static readonly TokenVerifier Tokens = TokenVerifier.OfApiKeys([Key], TimeProvider.System);

    // Defaults, not the host's settings: those could refuse the warm-up clients.
    private static readonly RoomHostOptions Options = new() { HostId = "jit-warmup", Address = "localhost" };

    private static readonly RoomRecord MemoryRoom = new()
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

    private static readonly RelayJoin RelayedJoin = new(
        "HTTP/1.1", $"?user=dan&session={RelayedSession}",
        [
            new("Connection", "Upgrade"), new("Upgrade", "websocket"), new("Sec-WebSocket-Version", "13"),
            new("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ],
        "http", "localhost", Address: "127.0.0.1");

    /// <summary>Time that the warm-up took; zero before its end.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>Runs the warm-up. A failure is logged and has one effect: the first members wait for JIT compilation.</summary>
    public async Task TryRunAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout);
        var since = TimeProvider.System.GetTimestamp();
        try
        {
            await RunAsync(timeout.Token);
        }
        catch (Exception e)
        {
            Log.WarmupFailed(logger, e);
        }
        Duration = TimeProvider.System.GetElapsedTime(since);
    }

    /// <summary>Runs the warm-up to its end.</summary>
    /// <exception cref="IOException">A client received something unexpected, or there is no free port.</exception>
    /// <exception cref="SocketException">A loopback connection failed.</exception>
    /// <exception cref="BackplaneUnavailableException">Redis became unavailable during the warm-up.</exception>
    /// <exception cref="OperationCanceledException"/>
    public async Task RunAsync(CancellationToken ct)
    {
        var ports = new RoomPorts(new RoomPortsOptions { Bind = IPAddress.Loopback }, TimeProvider.System, NullLogger<RoomPorts>.Instance);
        using var rate = new JoinRateLimiter(perSecond: 0, perSessionAndSecond: 0);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton<IConnectionListenerFactory>(ports);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(ports.ListenOn);
        await using var app = builder.Build();
        app.Run(new RoomRequestHandler(Options, rate, Task.FromResult, IsKeyAsync, Tokens).HandleAsync);
        await app.StartAsync(ct);

        var slot = new RoomSlot(rooms.Name);
        var port = ports.Open(0, slot) ?? throw new IOException("No free port.");
        if (!await TryCreateAsync(ct))
        {
            await using var room = NewRoom(MemoryRoom, tail: null, log: null, seats: []);
            await ExchangeMessagesAsync(slot, room, port, ct);
            return;
        }
        try
        {
            await RunOwnerAsync(slot, port, ExchangeMessagesAsync, ct);
            await RunOwnerAsync(slot, port, ResumeAsync, ct);
        }
        finally
        {
            await rooms.DeleteAsync();
        }
    }

    private async Task<bool> TryCreateAsync(CancellationToken ct)
    {
        try
        {
            await rooms.CreateAsync(Options.HostId, ct);
            return true;
        }
        catch (BackplaneUnavailableException)
        {
            return false;
        }
    }

    // Opens the room as a host does that the room was assigned to.
    private async Task RunOwnerAsync(RoomSlot slot, int port, Func<RoomSlot, Room, int, CancellationToken, Task> run, CancellationToken ct)
    {
        await directory.FindAsync(slot.Name, ct);
        var claim = await rooms.ClaimAsync(Options.HostId, Options.Address, port, ct) ?? throw new IOException("The claim was refused.");
        var durable = new DurableLog(log, claim.Room, TimeProvider.System, reads);
        var tail = claim.Room.Seq == 0 ? null : await durable.ReadTailAsync();
        await using var room = NewRoom(claim.Room, tail, durable, claim.Seats);
        await run(slot, room, port, ct);
    }

    private Room NewRoom(RoomRecord record, LogTail? tail, DurableLog? log, IReadOnlyList<RoomSeat> seats) => new(
        record, tail, log, seats, log is null ? null : new DurableSeats(ownership, record, TimeProvider.System, _ => { }), Options,
        EventJson.WelcomeLimits(Options), TimeProvider.System, new WriteFence(isLeaseHeldSince: _ => true, ownedAt: 0));

    private static async Task ExchangeMessagesAsync(RoomSlot slot, Room room, int port, CancellationToken ct)
    {
        slot.SetRoom(room);
        using WarmupClient ada = new(), back = new(), ben = new(), cyd = new();
        // Ben makes the room compress events, and reads none of them.
        await ben.ConnectAsync(port, "user=ben", "Sec-WebSocket-Extensions: permessage-deflate\r\n", ct);
        await ada.ConnectAsync(port, $"user=ada&session={Session}", "", ct);
        await cyd.ConnectAsync(port, $"token={SignToken()}", "", ct);
        for (var id = 1; id <= 2; id++)
        {
            await ada.SendTextAsync($$"""{"type":"message","id":"{{id}}","text":"{{new string('.', FrameDeflater.MinBytes)}}"}""", ct);
            await ada.ReceiveUntilAsync($"\"seq\":{id}", ct);
        }
        ada.Dispose();
        await back.ConnectAsync(port, $"user=ada&session={Session}&since={room.Record.Epoch}.1", "", ct);
        await back.ReceiveUntilAsync("\"seq\":2", ct);
        await back.SendTextAsync("""{"type":"ping"}""", ct);
        await back.ReceiveUntilAsync("pong", ct);
        await RelayMessageAsync(port, ct);
        var closing = room.CloseAsync(CloseCodes.GoingAway, "host-stopping", reconnect: true, Timeout);
        await back.ReceiveUntilAsync("closing", ct);
        back.Dispose();
        ben.Dispose();
        cyd.Dispose();
        await closing;
        slot.HoldNewConnections();
    }

    // A load balancer attaches, and one of its members joins and sends a message.
    private static async Task RelayMessageAsync(int port, CancellationToken ct)
    {
        using var relay = await ConnectRelayAsync(port, new RelayAttach(Options.HostId, Epoch: null, Seq: 0, [], IsLast: true), ct);
        await relay.SendRelayAsync(writer => writer.Join(1, RelayedJoin), ct);
        await relay.ReceiveUntilAsync("welcome", ct);
        await relay.SendRelayAsync(
            writer => writer.Text(1, frame: 1, isResent: false, """{"type":"message","id":"3","text":"relayed"}"""u8), ct);
        await relay.ReceiveUntilAsync("\"seq\":3", ct);
    }

    private static async Task<WarmupClient> ConnectRelayAsync(int port, RelayAttach attach, CancellationToken ct)
    {
        var relay = new WarmupClient();
        await relay.ConnectAsync(
            port, "", $"Sec-WebSocket-Protocol: {RelayProtocol.SubProtocol}\r\n{RelayProtocol.SecretHeader}: {Key}\r\n", ct);
        await relay.SendRelayAsync(writer => writer.Attach(attach), ct);
        return relay;
    }

    private static Task<bool> IsKeyAsync(string? secret) => Task.FromResult(secret == Key);

    private static string SignToken() => TokenSigner.OfApiKey(Key, TimeProvider.System).Sign(
        new JoinToken("cyd", "Cyd", RoomPattern.Parse("*")!, DateTimeOffset.UtcNow + Timeout));

    // The client returns to the room that was taken over.
    private static async Task ResumeAsync(RoomSlot slot, Room room, int port, CancellationToken ct)
    {
        slot.SetRoom(room);
        using var back = new WarmupClient();
        await back.ConnectAsync(port, $"user=ada&session={Session}&since={room.Record.Epoch}.1", "", ct);
        await back.ReceiveUntilAsync("\"seq\":2", ct);
        var dan = new RelayMember(1, new RelayedMemberState(RelayedSession, RelayedSession, "dan").ToString(), JoinNumber: 100, After: null);
        using var relay = await ConnectRelayAsync(
            port, new RelayAttach(Options.HostId, room.Record.Epoch, Seq: 2, [dan], IsLast: true), ct);
        await relay.ReceiveUntilAsync("\"seq\":3", ct);
        await relay.SendRelayAsync(writer => writer.Text(1, frame: 2, isResent: true, """{"type":"ping","id":"4"}"""u8), ct);
        await relay.ReceiveUntilAsync("\"id\":\"4\"", ct);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "JIT warm-up failed; the first members wait for JIT compilation.")]
        public static partial void WarmupFailed(ILogger logger, Exception exception);
    }
}
