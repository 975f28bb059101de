using System.Net.Sockets;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Tests.Backplane;
using ChatServer.Tests.Support;
using StackExchange.Redis;

namespace ChatServer.Tests.RoomHost.Hosting;

/// <summary>A Redis, RoomHosts as an operator runs them, and what an Api does to both: each test has its own.</summary>
public abstract class HostCluster : IAsyncLifetime
{
    /// <summary>Ports that a host has for rooms, unless a test says otherwise.</summary>
    protected const int Ports = 20;

    private readonly List<IAsyncDisposable> _started = [];

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    protected static RoomOptions Defaults { get; } = new();

    protected virtual RedisServer Redis { get; } = RedisServer.Preferred();

    /// <summary>What every process here is told of it.</summary>
    protected virtual string ConnectionString => Redis.ConnectionString;

    /// <summary>We, as an Api.</summary>
    protected BackplaneProcess Api { get; private set; } = null!;

    /// <summary>First of the <see cref="Ports"/>.</summary>
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

    /// <summary>Starts a RoomHost, and waits until it takes part.</summary>
    protected async Task<ServiceProcess> StartHostAsync(string id = "host-1", params (string Name, string? Value)[] settings)
    {
        var host = Own(await ServiceProcess.StartAsync("ChatServer.RoomHost", "PORT", [.. Settings(id), .. settings]));
        await Eventually.Async(() => IsReadyAsync(host), ready => ready, TimeSpan.FromSeconds(30));
        return host;
    }

    /// <summary>Whether it says that it takes part.</summary>
    protected static async Task<bool> IsReadyAsync(ServiceProcess host)
    {
        using var health = await host.Http.GetAsync("/health", Cancelled);
        return health.IsSuccessStatusCode;
    }

    /// <summary>What every host here is started with.</summary>
    protected (string Name, string? Value)[] Settings(string id) =>
    [
        ("ConnectionStrings__redis", ConnectionString), ("BIND", "127.0.0.1"), ("HOST_ID", id),
        ("ROOM_PORTS", $"{FirstPort}-{FirstPort + Ports - 1}"),
    ];

    /// <summary>Another host, without sockets.</summary>
    protected async Task<FakeHost> FakeHostAsync(string id)
    {
        var host = Own(new FakeHost(Own(new BackplaneProcess(ConnectionString)), id, 1000));
        await host.StartAsync();
        return host;
    }

    /// <summary>Creates a room, or finds it; null when there is no room for it.</summary>
    protected async Task<RoomRecord?> TryCreateAsync(string name, RoomOptions? options = null) =>
        (await Api.Placement.CreateAsync(name, options ?? Defaults, Cancelled))?.Room;

    /// <summary>The same, where there is room: a host that a busy machine starves looks dead for a moment, so it is asked again.</summary>
    protected async Task<RoomRecord> CreateAsync(string name, RoomOptions? options = null) =>
        (await Eventually.Async(() => TryCreateAsync(name, options), room => room is not null))!;

    /// <summary>Joins a room; leaves at the test's end.</summary>
    protected async Task<RoomClient> JoinAsync(int port, string query = "") => Own(await RoomClient.JoinAsync(port, query));

    /// <summary>Comes back, as often as it takes.</summary>
    protected async Task<RoomClient> RejoinAsync(string room, string query = "") => Own(await Eventually.Async(
        async () => await RoomClient.JoinAsync((await Api.Rooms.FindAsync(room))!.Port, query), _ => true, TimeSpan.FromSeconds(30)));

    /// <summary>Waits until another host has opened the room.</summary>
    protected Task<RoomRecord?> MovedAsync(RoomRecord room, string host) => Eventually.Async(
        () => Api.Rooms.FindAsync(room.Name), r => r is { State: RoomState.Open } && r.HostId == host && r.Term > room.Term,
        TimeSpan.FromSeconds(30));

    /// <summary>What redis-cli would do.</summary>
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

    /// <summary>Waits until nobody listens on the port.</summary>
    protected static Task IsFreeAsync(int port) => Eventually.Async(() => ListensAsync(port), listens => !listens);

    /// <summary>The member was sent away as told.</summary>
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
