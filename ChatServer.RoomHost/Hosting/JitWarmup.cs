using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using ChatServer.Backplane.Connections;
using ChatServer.Backplane.Hosts;
using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Connections;
using ChatServer.Broadcast.Frames;
using ChatServer.Broadcast.Relays;
using ChatServer.Broadcast.Warmup;
using ChatServer.Contracts;
using ChatServer.RoomHost.Moderation;
using ChatServer.RoomHost.Relays;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tokens;
using ChatServer.Web;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatServer.RoomHost.Hosting;

/// <summary>
/// Runs the takeover of a room before the host accepts rooms. A method is compiled at its first call, and the first callers would otherwise
/// be all members of a failed host at once. A second host in this process opens a room of its own in Redis; clients join it over real
/// sockets, on their own and through a relay, send messages, resume and are closed; then the room is claimed again, as by another host: its
/// log is read into the ring, a client resumes, and the relay attaches again. The steps of a move are compiled too.
/// </summary>
/// <remarks>
/// The room has a port that the system chooses, is in no index (<see cref="WarmupRooms"/>), and is deleted. Without Redis there is no
/// warm-up. ADR 9 has the measured gain.
/// </remarks>
internal sealed class JitWarmup(WarmupRooms rooms, IServiceProvider services, ILogger<JitWarmup> logger)
{
    private const string Session = "ada-in-jit-warmup";

    private const string RelayedSession = "dan-in-jit-warmup";

    private static readonly string Key = RandomNumberGenerator.GetHexString(32);
    private static readonly TokenVerifier Tokens = TokenVerifier.OfApiKeys([Key], TimeProvider.System);

    // Defaults, not the host's settings: those could refuse the warm-up clients.
    private static readonly RoomHostOptions Options = new() { HostId = "jit-warmup", Address = "localhost" };

    // The other host would be one of the deployment, so the room is not moved, and these are compiled without being called.
    private static readonly Type[] MoveSteps = [typeof(HostStop), typeof(RoomMover), typeof(RoomPlacement), typeof(HostSurvey)];

    private static readonly RelayJoin RelayedJoin = new(
        "HTTP/1.1", $"?user=dan&session={RelayedSession}",
        [
            new("Connection", "Upgrade"), new("Upgrade", "websocket"), new("Sec-WebSocket-Version", "13"),
            new("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ],
        "http", "localhost", Address: "127.0.0.1");

    /// <summary>Time that the warm-up took; zero before its end.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>Runs the warm-up, as <see cref="WarmupRun"/> describes.</summary>
    public async Task TryRunAsync() => Duration = await WarmupRun.TryAsync(RunAsync, logger);

    /// <summary>Runs the warm-up to its end.</summary>
    /// <exception cref="IOException">A client received something unexpected, or there is no free port.</exception>
    /// <exception cref="SocketException">A loopback connection failed.</exception>
    /// <exception cref="BackplaneUnavailableException">Redis is unavailable.</exception>
    /// <exception cref="OperationCanceledException"/>
    public async Task RunAsync(CancellationToken ct)
    {
        var ports = new RoomPorts(new RoomPortsOptions { Bind = IPAddress.Loopback }, TimeProvider.System, NullLogger<RoomPorts>.Instance);
        using var rate = new JoinRateLimiter(perSecond: 0, perSessionAndSecond: 0);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton<IConnectionListenerFactory>(ports);
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(ports.ListenOn);
        await using var app = builder.Build();
        app.Run(new RoomRequestHandler(Options, rate, Task.FromResult, IsKeyAsync, Tokens).HandleAsync);
        await app.StartAsync(ct);

        await rooms.CreateAsync(Options.HostId, ct);
        var slots = new RoomSlots(Options, FreePort(ports));
        using var reconciler = NewReconciler(slots);
        try
        {
            var port = await OpenAsync(reconciler, slots);
            await ExchangeMessagesAsync(slots.FindRoom(rooms.Name)!, port, TakeOverAsync, ct);
            await ResumeAsync(slots.FindRoom(rooms.Name)!, port, ct);
            await rooms.DeleteAsync();
            await reconciler.ReconcileAsync(rooms.Name);
            Array.ForEach(MoveSteps, Compile);
        }
        finally
        {
            await reconciler.StopAsync(CloseCodes.GoingAway, "host-stopping", reconnect: true);
            await rooms.DeleteAsync();
        }

        async Task TakeOverAsync()
        {
            _ = await rooms.ClaimAsync(Options.HostId, Options.Address, slots.Find(rooms.Name)!.Port, ct);
            await OpenAsync(reconciler, slots);
        }
    }

    // One port, which the system chooses.
    private static PortPool FreePort(RoomPorts ports)
    {
        var port = ports.Open(0, new object()) ?? throw new IOException("No free port.");
        ports.Close(port);
        return new PortPool(ports, (port, port), TimeProvider.System, NullLogger<PortPool>.Instance);
    }

    // Reconciles the rooms of the second host, whose lease is always held.
    private RoomReconciler NewReconciler(RoomSlots slots)
    {
        var lease = new HeldLease();
        var sanctions = ActivatorUtilities.CreateInstance<HostSanctions>(services, slots);
        var opener = ActivatorUtilities.CreateInstance<RoomOpener>(
            services, Options, slots, lease, sanctions, Tokens, NullLogger<RoomOpener>.Instance);
        var mover = ActivatorUtilities.CreateInstance<RoomMover>(services, Options, opener);
        return ActivatorUtilities.CreateInstance<RoomReconciler>(
            services, Options, new HostState(), lease, slots, opener, mover, sanctions, TaskScheduler.Default);
    }

    // Opens the room as a host does that the room was assigned to. Returns its port.
    private async Task<int> OpenAsync(RoomReconciler reconciler, RoomSlots slots)
    {
        await reconciler.ReconcileAsync(rooms.Name);
        return slots.Find(rooms.Name) is { Room: not null, Port: var port } ? port : throw new IOException("The room did not open.");
    }

    private static async Task ExchangeMessagesAsync(Room room, int port, Func<Task> reopen, CancellationToken ct)
    {
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
        var reopening = reopen();
        await back.ReceiveUntilAsync("closing", ct);
        back.Dispose();
        ben.Dispose();
        cyd.Dispose();
        await reopening;
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

    // Compiles the methods of a type and of its state machines.
    private static void Compile(Type type)
    {
        const BindingFlags declared =
            BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        foreach (var method in type.GetNestedTypes(declared).Append(type).SelectMany(part => part.GetMethods(declared)))
        {
            if (!method.IsAbstract && !method.ContainsGenericParameters)
                RuntimeHelpers.PrepareMethod(method.MethodHandle);
        }
    }

    private static Task<bool> IsKeyAsync(string? secret) => Task.FromResult(secret == Key);

    private static string SignToken() => TokenSigner.OfApiKey(Key, TimeProvider.System).Sign(
        new JoinToken("cyd", "Cyd", RoomPattern.Parse("*")!, DateTimeOffset.UtcNow.AddMinutes(1)));

    // The client returns to the room that was taken over.
    private static async Task ResumeAsync(Room room, int port, CancellationToken ct)
    {
        using var back = new WarmupClient();
        await back.ConnectAsync(port, $"user=ada&session={Session}&since={room.Record.Epoch}.1", "", ct);
        await back.ReceiveUntilAsync("\"seq\":2", ct);
        var state = new RelayedMemberState(RelayedSession, Uid: RelayedSession, "dan");
        var dan = new RelayMember(1, $"{state}", JoinNumber: 100, After: null);
        using var relay = await ConnectRelayAsync(
            port, new RelayAttach(Options.HostId, room.Record.Epoch, Seq: 2, [dan], IsLast: true), ct);
        await relay.ReceiveUntilAsync("\"seq\":3", ct);
        await relay.SendRelayAsync(writer => writer.Text(1, frame: 2, isResent: true, """{"type":"ping","id":"4"}"""u8), ct);
        await relay.ReceiveUntilAsync("\"id\":\"4\"", ct);
    }

    private sealed class HeldLease : IHeldLease
    {
        public bool IsHeld => true;

        public bool HasHeldSince(long timestamp) => true;
    }
}
