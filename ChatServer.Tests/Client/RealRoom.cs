using ChatServer.Client;
using ChatServer.Contracts;
using ChatServer.Tests.LoadBalancer;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Client;

/// <summary>A Redis, a RoomHost as a process, and load balancers before it.</summary>
public sealed class RealRoom : IAsyncDisposable
{
    private const string HostId = "host-1";
    private const int RoomPorts = 10;

    private readonly List<IAsyncDisposable> _started = [];
    private readonly int _firstPort = FreePort.Next(RoomPorts);
    private readonly RunningLoadBalancer[] _loadBalancers = new RunningLoadBalancer[2];
    private (string Name, string? Value)[] _settings = [];
    private BackplaneProcess _backplane = null!;

    public RedisServer Redis { get; } = RedisServer.Preferred();

    /// <summary>The process that holds the rooms.</summary>
    public ServerProcess Host { get; private set; } = null!;

    /// <summary>The addresses of the two load balancers.</summary>
    public IReadOnlyList<Uri> LoadBalancers => [.. _loadBalancers.Select(l => l.Http.BaseAddress!)];

    /// <param name="room">Name of the room to create.</param>
    /// <param name="options">Options of the room.</param>
    /// <param name="settings">Additional settings of the host.</param>
    public static async Task<RealRoom> StartAsync(string room, RoomOptions? options = null, params (string Name, string? Value)[] settings)
    {
        var real = new RealRoom { _settings = settings };
        await real.Redis.StartAsync();
        real._started.Add(real.Redis);
        real._started.Add(real._backplane = new BackplaneProcess(real.Redis.ConnectionString));
        await real.StartHostAsync();
        for (var i = 0; i < 2; i++)
            real._started.Add(real._loadBalancers[i] = await RunningLoadBalancer.StartAsync(real.Redis.ConnectionString));
        await Eventually.Async(
            async () => await real._backplane.Placement.CreateAsync(
                room, options ?? new RoomOptions(), TestContext.Current.CancellationToken),
            created => created is not null);
        return real;
    }

    /// <summary>Starts the RoomHost, always with the same id.</summary>
    public async Task StartHostAsync()
    {
        var host = await ServiceProcess.StartAsync(
            "ChatServer.RoomHost", "PORT",
            [("ConnectionStrings__redis", Redis.ConnectionString), ("HOST_ID", HostId), ("HOST", "127.0.0.1"),
            ("ROOM_PORTS", $"{_firstPort}-{_firstPort + RoomPorts - 1}"), ("MESSAGES_PER_SECOND", "0"), ("CONNECTIONS_PER_SECOND", "0"),
            .. _settings]);
        _started.Add(host);
        Host = host.Process;
    }

    /// <summary>Stops one load balancer with all its connections.</summary>
    public Task StopLoadBalancerAsync(int index) => _loadBalancers[index].StopAsync();

    public ChatRoomOptions As(string user, string room) => new() { Addresses = LoadBalancers, Room = room, User = user };

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started)) await started.DisposeAsync();
    }
}
