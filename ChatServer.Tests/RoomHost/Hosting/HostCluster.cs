using System.Net.Sockets;
using ChatServer.Backplane.Rooms;
using ChatServer.Contracts;
using ChatServer.Tests.Backplane;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>A Redis, processes of RoomHosts, and the Backplane of an Api. Each test has its own.</summary>
public abstract class HostCluster : IAsyncLifetime
{
    /// <summary>The number of ports in <c>ROOM_PORTS</c> of a host, unless a test sets another range.</summary>
    protected const int Ports = 20;

    private readonly List<IAsyncDisposable> _started = [];

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected static RoomOptions Defaults { get; } = new();

    protected virtual RedisServer Redis { get; } = RedisServer.Preferred();

    /// <summary>The connection string of every process of the test.</summary>
    protected virtual string ConnectionString => Redis.ConnectionString;

    /// <summary>The Backplane of an Api.</summary>
    protected BackplaneProcess Api { get; private set; } = null!;

    /// <summary>The first port in <c>ROOM_PORTS</c>.</summary>
    protected int FirstPort { get; } = FreePort.Next(Ports);

    public async ValueTask InitializeAsync()
    {
        await Redis.StartAsync();
        Own(Redis);
        Api = Own(new BackplaneProcess(ConnectionString));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started)) await started.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected T Own<T>(T started) where T : IAsyncDisposable
    {
        _started.Add(started);
        return started;
    }

    /// <summary>Starts a RoomHost, and waits until it is ready.</summary>
    protected async Task<ServiceProcess> StartHostAsync(string id = "host-1", params (string Name, string? Value)[] settings)
    {
        var host = Own(await ServiceProcess.StartAsync("ChatServer.RoomHost", "PORT", [.. Settings(id), .. settings]));
        await Eventually.Async(() => IsReadyAsync(host), ready => ready, TimeSpan.FromSeconds(30));
        return host;
    }

    /// <summary>Returns whether <c>/health</c> reports that the host is ready.</summary>
    protected static async Task<bool> IsReadyAsync(ServiceProcess host)
    {
        using var health = await host.Http.GetAsync("/health", Cancelled);
        return health.IsSuccessStatusCode;
    }

    /// <summary>The settings of every host.</summary>
    protected (string Name, string? Value)[] Settings(string id) =>
    [
        ("ConnectionStrings__redis", ConnectionString), ("BIND", "127.0.0.1"), ("HOST_ID", id),
        ("KEY", "a-key"), // without it, a host reports at its start that it refuses tokens
        ("ROOM_PORTS", $"{FirstPort}-{FirstPort + Ports - 1}"),
    ];

    /// <summary>Starts a host without sockets.</summary>
    protected async Task<FakeHost> FakeHostAsync(string id)
    {
        var host = Own(new FakeHost(Own(new BackplaneProcess(ConnectionString)), id, 1000));
        await host.StartAsync();
        return host;
    }

    /// <summary>Creates a room, or finds it. Returns null if no host has capacity.</summary>
    protected async Task<RoomRecord?> TryCreateAsync(string name, RoomOptions? options = null) =>
        (await Api.Placement.CreateAsync(name, options ?? Defaults, Cancelled))?.Room;

    /// <summary>
    /// Creates a room, or finds it, for tests in which a host has capacity. Repeats the call, because on a busy machine the lease of a
    /// host may expire for a moment.
    /// </summary>
    protected async Task<RoomRecord> CreateAsync(string name, RoomOptions? options = null) =>
        (await Eventually.Async(() => TryCreateAsync(name, options), room => room is not null))!;

    /// <summary>Joins a room until the end of the test.</summary>
    protected async Task<RoomClient> JoinAsync(int port, string query = "") => Own(await RoomClient.JoinAsync(port, query));

    /// <summary>Joins a room, and repeats this until it succeeds.</summary>
    protected async Task<RoomClient> RejoinAsync(string room, string query = "") => Own(await Eventually.Async(
        async () => await RoomClient.JoinAsync((await Api.Rooms.FindAsync(room))!.Port, query), _ => true, TimeSpan.FromSeconds(30)));

    /// <summary>Waits until another host has opened the room.</summary>
    protected Task<RoomRecord?> MovedAsync(RoomRecord room, string host) => Eventually.Async(
        () => Api.Rooms.FindAsync(room.Name), r => r is { State: RoomState.Open } && r.HostId == host && r.Term > room.Term,
        TimeSpan.FromSeconds(30));

    /// <summary>Runs commands on a connection of its own.</summary>
    protected async Task RawAsync(Func<IDatabase, Task> work)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{ConnectionString},allowAdmin=true");
        await work(connection.GetDatabase());
    }

    protected static async Task<string> GetAsync(int port)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"), Cancelled);
    }

    /// <summary>Waits until no process listens on the port.</summary>
    protected static Task IsFreeAsync(int port) => Eventually.Async(() => ListensAsync(port), listens => !listens);

    /// <summary>Waits until the member was closed, and checks the <c>closing</c> event and the close code.</summary>
    protected static async Task ClosedAsync(RoomClient member, int code, string reason, bool reconnect)
    {
        var closing = await member.NextAsync("closing");
        Assert.Equal((reason, reconnect), (closing["reason"], closing.Json.GetProperty("reconnect").GetBoolean()));
        Assert.Equal(code, (await member.ClosedAsync()).Code);
        Assert.Equal("closing", member.Events[^1].Type);
    }

    private static async Task<bool> ListensAsync(int port)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync("127.0.0.1", port, Cancelled);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return false;
        }
    }
}
