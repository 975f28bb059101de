using System.Net;
using System.Net.Sockets;
using System.Text;
using ChatServer.Cli.Deployment;
using ChatServer.Settings;

namespace ChatServer.Cli.Drill.Deployments;

/// <summary>Parameters of a deployment that the drill starts.</summary>
internal sealed record LaunchPlan
{
    /// <summary>Folder of the published services; null: the folder of this program.</summary>
    public string? Services { get; init; }

    /// <summary>Its Redis.</summary>
    public RedisKind Redis { get; init; }

    /// <summary>First of its consecutive ports; null: free ports.</summary>
    public int? FirstPort { get; init; }

    /// <summary>Number of rooms, each of which needs a port.</summary>
    public required int Rooms { get; init; }

    /// <summary>Maximum number of concurrent calls to its Api and Admin.</summary>
    public required int Parallel { get; init; }
}

/// <summary>The Redis of a deployment that the drill starts. The names are those of the options.</summary>
internal enum RedisKind
{
    /// <summary>One <c>redis-server</c>; the embedded Redis if it is not installed.</summary>
    Single,

    /// <summary>The embedded Redis.</summary>
    Embedded,

    /// <summary>A Redis Cluster.</summary>
    Cluster,

    /// <summary>A primary and a replica, with Sentinels that promote it.</summary>
    Sentinel,

    /// <summary>A primary and a replica, which the drill promotes.</summary>
    Replica,
}

/// <summary>
/// A deployment that the drill starts: Redis (<see cref="RedisKind"/>), two RoomHosts, an Api, an Admin and two load balancers. All run on
/// this machine and end with this process.
/// </summary>
internal sealed class LaunchedDeployment : IDeployment
{
    private const int HostPortOffset = 0, LoadBalancerPortOffset = 2, ApiPortOffset = 4, AdminPortOffset = 5,
        RedisPortOffset = 6, FirstRoomPortOffset = RedisPortOffset + RedisClusterPlan.Ports;
    private const int HostCount = 2, LoadBalancerCount = 2;

    // The key of all services: the deployment is reachable from this machine only, and ends with the drill.
    private static readonly string Key = $"{Guid.NewGuid():N}";

    // Settings of other deployments on this machine must not reach these processes.
    private static readonly string[] SettingNames = [.. ServerSettings.All.Select(setting => setting.Name).Distinct(),
        "DOTNET_ENVIRONMENT"];

    private readonly string _folder = Directory.CreateTempSubdirectory("chatserver-drill-").FullName;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly List<LaunchedProcess> _processes = [];
    private readonly LaunchPlan _plan;
    private readonly ProgramPaths _programs;
    private readonly IRedisPlan _redis;
    private readonly int _port;

    private LaunchedDeployment(LaunchPlan plan)
    {
        _plan = plan;
        _programs = new ProgramPaths(plan.Services);
        _port = plan.FirstPort ?? FreePorts(FirstRoomPortOffset);
        _redis = RedisPlan(_port + RedisPortOffset);
        if (_port + FirstRoomPortOffset + plan.Rooms > IPEndPoint.MaxPort)
            throw new CliException($"--first-port {_port} leaves too few ports for {plan.Rooms} rooms.");
        Api = new ApiClient(Address(ApiPortOffset), Key, plan.Parallel);
        Admin = new ApiClient(Address(AdminPortOffset), Key, plan.Parallel);
        Balancers = [.. Enumerable.Range(LoadBalancerPortOffset, LoadBalancerCount).Select(Address)];
    }

    public ApiClient Api { get; }

    public ApiClient Admin { get; }

    public IReadOnlyList<Uri> Balancers { get; }

    public RedisReplication? Replication { get; private set; }

    /// <summary>Starts all processes and waits until they are ready.</summary>
    /// <exception cref="CliException">A program is missing or does not start.</exception>
    public static async Task<LaunchedDeployment> StartAsync(LaunchPlan plan, CancellationToken ct)
    {
        var own = new LaunchedDeployment(plan);
        try
        {
            await own.StartAsync(own._redis.ProcessPlans(Settings, PingAsync), ct);
            await own._redis.FormAsync(ct);
            own.Replication = (own._redis as ReplicatedRedisPlan)?.Replication(own.Processes(ServerRole.Redis));
            await own.StartAsync([.. own.HostPlans(), .. own.LoadBalancerPlans(), own.AdminPlan()], ct);
            await own.StartAsync([own.ApiPlan()], ct);
            return own;
        }
        catch
        {
            await own.DisposeAsync();
            throw;
        }
    }

    public IReadOnlyList<IServerProcess> Processes(ServerRole role) => [.. _processes.Where(p => p.Role == role)];

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_processes))
            await process.DisposeAsync();
        Api.Dispose();
        Admin.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync(IReadOnlyList<ProcessPlan> plans, CancellationToken ct)
    {
        var processes = plans.Select(plan => new LaunchedProcess(plan, _folder)).ToList();
        _processes.AddRange(processes);
        await Task.WhenAll(processes.Select(process => process.StartAsync(ct)));
    }

    private IRedisPlan RedisPlan(int port)
    {
        return _plan.Redis switch
        {
            RedisKind.Cluster => new RedisClusterPlan(Required(), _folder, port),
            RedisKind.Sentinel or RedisKind.Replica =>
                new ReplicatedRedisPlan(Required(), _folder, port, hasSentinels: _plan.Redis == RedisKind.Sentinel),
            _ => new SingleRedisPlan(
                _plan.Redis == RedisKind.Embedded ? null : ProgramPaths.Installed("redis-server"), () => _programs.Service("Redis"), _folder,
                port),
        };

        string Required() => ProgramPaths.Installed("redis-server")
            ?? throw new CliException($"--redis-{$"{_plan.Redis}".ToLowerInvariant()} needs redis-server on the PATH.");
    }

    private IEnumerable<ProcessPlan> HostPlans() => Enumerable.Range(0, HostCount).Select(n => Service(
        ServerRole.RoomHost, $"roomhost-{n + 1}", "RoomHost", HostPortOffset + n,
        ("PORT", $"{_port + HostPortOffset + n}"), ("HOST_ID", $"roomhost-{n + 1}"), ("HOST", "127.0.0.1"),
        // Each host has all rooms at times, and a port that was just closed may not be free yet.
        ("ROOM_PORTS", $"{_port + FirstRoomPortOffset}-{Math.Min(IPEndPoint.MaxPort, _port + FirstRoomPortOffset + RoomPorts)}"),
        // All members have one address, and a sender may exceed the rate of a person.
        ("MESSAGES_PER_SECOND", "0"), ("CONNECTIONS_PER_SECOND", "0")));

    private IEnumerable<ProcessPlan> LoadBalancerPlans() => Enumerable.Range(0, LoadBalancerCount).Select(n => Service(
        ServerRole.LoadBalancer, $"loadbalancer-{n + 1}", "LoadBalancer", LoadBalancerPortOffset + n,
        ("PORT", $"{_port + LoadBalancerPortOffset + n}"), ("LOADBALANCER_KEY", Key)));

    private ProcessPlan ApiPlan() => Service(
        ServerRole.Api, "api", "Api", ApiPortOffset,
        ("PORT", $"{_port + ApiPortOffset}"), ("KEY", Key), ("LOADBALANCER_KEY", Key), ("LOADBALANCERS", string.Join(',', Balancers)));

    private ProcessPlan AdminPlan() => Service(
        ServerRole.Admin, "admin", "Admin", AdminPortOffset, ("ADMIN_PORT", $"{_port + AdminPortOffset}"), ("ADMIN_KEY", Key));

    private ProcessPlan Service(ServerRole role, string name, string project, int port, params (string Name, string? Value)[] settings) =>
        new(
        role,
        name,
        _programs.Service(project),
        Settings([("ConnectionStrings__redis", _redis.ConnectionString), .. settings]),
        async ct =>
        {
            using var answer = await _http.GetAsync(new Uri(Address(port), "health"), ct);
            return answer.IsSuccessStatusCode;
        });

    private static Dictionary<string, string?> Settings(params IEnumerable<(string Name, string? Value)> settings)
    {
        var all = SettingNames.ToDictionary(name => name, _ => (string?)null);
        all["BIND"] = "127.0.0.1";
        foreach (var (name, value) in settings)
            all[name] = value;
        return all;
    }

    private int RoomPorts => 3 * _plan.Rooms + 50;

    private Uri Address(int port) => new($"http://127.0.0.1:{_port + port}/");

    private static async Task<bool> PingAsync(int port, CancellationToken ct)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port, ct);
        await socket.SendAsync("*1\r\n$4\r\nPING\r\n"u8.ToArray(), ct);
        var answer = new byte[64];
        var length = await socket.ReceiveAsync(answer, ct);
        return Encoding.ASCII.GetString(answer, 0, length).StartsWith("+PONG", StringComparison.Ordinal);
    }

    // Below the ephemeral ports: while a process is down, no outgoing connection may get its port.
    private int FreePorts(int count)
    {
        const int Lowest = 20_000, Beyond = 32_000;
        for (; ; )
        {
            var first = Random.Shared.Next(Lowest, Math.Max(Lowest + 1, Beyond - count - RoomPorts));
            if (Enumerable.Range(first, count).All(IsFree))
                return first;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
