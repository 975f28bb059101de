using System.Net;
using ChatServer.Backplane;
using ChatServer.Backplane.Rooms;
using ChatServer.Broadcast.Connections;
using ChatServer.Contracts;
using ChatServer.RoomHost;
using ChatServer.RoomHost.Hosting;
using ChatServer.RoomHost.Moderation;
using ChatServer.RoomHost.Rooms;
using ChatServer.Tests.LoadBalancer;
using ChatServer.Tests.Support;
using ChatServer.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChatServer.Tests.RoomHost.Rooms;

/// <summary>
/// Rooms with real ports: Kestrel, the request handler and the rooms of a RoomHost. The test selects the clock. Lease, reconciliation and
/// commands are absent, so only the test opens, moves and closes rooms.
/// </summary>
internal sealed class RoomsHost : IAsyncDisposable
{
    private static int _next;

    private readonly WebApplication _app;
    private readonly RoomPorts _ports;
    private readonly JoinRateLimiter _joinRate;
    private readonly RoomHostOptions _options;
    private readonly TimeProvider _time;
    private readonly List<OpenRoom> _rooms = [];

    private RoomsHost(WebApplication app, RoomPorts ports, JoinRateLimiter rate, RoomHostOptions options, TimeProvider time) =>
        (_app, _ports, _joinRate, _options, _time) = (app, ports, rate, options, time);

    public static RoomHostOptions Defaults { get; } = new() { HostId = "host-1", Address = "127.0.0.1" };

    /// <summary>The <c>uid</c> of a session in these rooms.</summary>
    public static string UidOf(string session) => UserIds.OfSession("secret"u8, session);

    /// <summary>The API key from which the key of tokens is derived.</summary>
    public const string Key = "key-of-the-rooms";

    public static TokenVerifier TokensOf(TimeProvider time) => TokenVerifier.OfApiKeys([Key], time);

    public static async Task<RoomsHost> StartAsync(RoomHostOptions? options = null, TimeProvider? time = null, RoomRedis? redis = null)
    {
        options ??= Defaults;
        time ??= TimeProvider.System;
        var listening = new RoomPortsOptions
        {
            Bind = IPAddress.Loopback,
            MaxFrameBytes = options.MaxFrameBytes,
            HandshakeTimeout = options.HandshakeTimeout
        };
        var ports = new RoomPorts(listening, time, NullLogger<RoomPorts>.Instance);
        var rate = new JoinRateLimiter(options.ConnectionsPerSecond, options.SessionConnectionsPerSecond);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IConnectionListenerFactory>(ports);
        builder.WebHost.ConfigureKestrel(ports.ListenOn);
        var app = builder.Build();
        Func<string?, Task<bool>> isRelaySecret = redis is null ? _ => Task.FromResult(false) : redis.RelaySecret.IsValidAsync;
        var handler = new RoomRequestHandler(
            options, rate, session => Task.FromResult(UidOf(session)), isRelaySecret, TokensOf(time));
        app.Run(handler.HandleAsync);
        await app.StartAsync();
        return new RoomsHost(app, ports, rate, options, time);
    }

    /// <summary>
    /// Opens a room of <c>durability: memory</c>, or, with <paramref name="redis"/>, a room that is created and claimed in Redis, and with
    /// a load balancer through which its members join.
    /// </summary>
    public async Task<OpenRoom> OpenAsync(
        RoomOptions? options = null, RoomRedis? redis = null, bool hasLoadBalancer = false, IMemberCommands? commands = null)
    {
        var number = Interlocked.Increment(ref _next);
        options = redis is null ? (options ?? new()) with { Durability = Durability.Memory } : options ?? new();
        var record = redis is null ? MemoryRoomRecord($"room-{number}", options) : await redis.CreateAsync($"room-{number}", options);
        var slot = OpenPort(record.Name);
        if (hasLoadBalancer)
            record = (await redis!.ClaimAsync(record.Name, slot.Port)).Room;
        var front = hasLoadBalancer ? await RoomFront.StartAsync(redis!, record.Name, _time) : null;
        var room = new OpenRoom(slot, redis, front, commands, _options, _time);
        await room.OpenAsync(record, seats: []);
        _rooms.Add(room);
        return room;
    }

    /// <summary>Opens a port for a room that another host has.</summary>
    public RoomSlot OpenPort(string room)
    {
        var slot = new RoomSlot(room);
        do
            slot.Port = FreePort.Next();
        while (_ports.Open(slot.Port, slot) is null);
        return slot;
    }

    private RoomRecord MemoryRoomRecord(string name, RoomOptions options) => new()
    {
        Name = name,
        Options = options,
        CreatedAt = DateTimeOffset.UnixEpoch,
        State = RoomState.Open,
        HostId = _options.HostId,
        Address = _options.Address,
        Port = 1,
        Term = 1,
        Epoch = IdGenerator.System.NewEpoch(),
        Seq = 0,
        Messages = 0,
        Members = 0,
        Announced = 0,
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var room in _rooms)
            await room.DisposeAsync();
        await _app.DisposeAsync();
        _joinRate.Dispose();
    }
}

/// <summary>An open room with its port and the members that a test has joined.</summary>
internal sealed class OpenRoom(
    RoomSlot slot, RoomRedis? redis, RoomFront? front, IMemberCommands? commands, RoomHostOptions options, TimeProvider time)
    : IAsyncDisposable
{
    private readonly List<RoomClient> _members = [];
    private readonly LogReadLimiter _reads = new();

    /// <summary>The port at which members join: the room's, or that of the load balancer.</summary>
    public int Port => front?.Port ?? slot.Port;

    public Room Room => slot.Room!;

    public string Name => slot.Name;

    public string Epoch => Room.Record.Epoch;

    /// <summary>Joins a member, which is disposed with the room.</summary>
    public async Task<RoomClient> JoinAsync(string query = "", Action<System.Net.WebSockets.ClientWebSocketOptions>? options = null)
    {
        var member = await RoomClient.JoinAsync(Port, query, options);
        _members.Add(member);
        return member;
    }

    /// <summary>Resets the connection of <paramref name="member"/>, and waits until the room has removed it.</summary>
    public async Task DisconnectAsync(RoomClient member)
    {
        var connections = Room.Connections;
        member.Abort();
        await Eventually.Async(() => Room.Connections, count => count < connections);
    }

    /// <summary>
    /// Moves the room as a takeover does: claims it again, closes its members with 1001, and opens it from its log. The port does not
    /// change.
    /// </summary>
    /// <param name="newEpoch">Whether the log starts a new epoch, as after a loss of data.</param>
    public async Task MoveAsync(bool newEpoch = false)
    {
        var old = Room;
        slot.HoldNewConnections();
        var claim = await redis!.ClaimAsync(Name, slot.Port, newEpoch);
        await old.CloseAsync(CloseCodes.GoingAway, "moved", reconnect: true, TimeSpan.FromSeconds(5));
        await old.DisposeAsync();
        await OpenAsync(claim.Room, claim.Seats);
    }

    /// <summary>
    /// Opens the room at <paramref name="next"/>, a port of another host, under a higher term, as after the lease of a paused host. The
    /// room here stays open, as a host keeps it that does not know yet.
    /// </summary>
    public async Task TakeOverAsync(RoomSlot next)
    {
        var claim = await redis!.ClaimAsync(Name, next.Port);
        await OpenAsync(next, claim.Room, claim.Seats);
        await redis.Ownership.PublishOpenAsync(Name);
    }

    /// <summary>Closes the room and keeps its port: connections to it wait.</summary>
    public async Task LoseAsync()
    {
        var old = Room;
        slot.HoldNewConnections();
        await old.CloseAsync(CloseCodes.GoingAway, "moved", reconnect: true, TimeSpan.FromSeconds(5));
        await old.DisposeAsync();
    }

    /// <summary>The load balancer through which the members join.</summary>
    public RunningLoadBalancer LoadBalancer => front!.LoadBalancer;

    /// <summary>The room's own port.</summary>
    public int OwnPort => slot.Port;

    public Task OpenAsync(RoomRecord record, IReadOnlyList<RoomSeat> seats) => OpenAsync(slot, record, seats);

    private async Task OpenAsync(RoomSlot at, RoomRecord record, IReadOnlyList<RoomSeat> seats)
    {
        var isDurable = record.Options.Durability == Durability.Redis;
        var log = isDurable ? new DurableLog(redis!.Log, record, time, _reads) : null;
        var tail = log is null ? null : await log.ReadTailAsync();
        var durableSeats = redis is null || !isDurable ? null : new DurableSeats(
            redis.Ownership, record, time, error => Assert.Fail($"{error}"));
        at.SetRoom(new Room(
            record, tail, log, seats, durableSeats, options, EventJson.WelcomeLimits(options), time,
            new WriteFence(_ => true, ownedAt: 0))
        {
            Tokens = RoomsHost.TokensOf(time),
            Commands = commands,
        });
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
            await member.DisposeAsync();
        if (slot.Room is { } open)
        {
            await open.CloseAsync(CloseCodes.GoingAway, "over", reconnect: false, TimeSpan.Zero);
            await open.DisposeAsync();
        }
        if (front is not null)
            await front.DisposeAsync();
    }
}
