using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Bench;

/// <summary>A deployment of processes: Redis, a RoomHost without rate limits, an Api, an Admin, a load balancer.</summary>
public sealed class BenchCluster : IAsyncLifetime
{
    public const string Key = "api-key";
    public const string AdminKey = "admin-key";
    private const string BalancerKey = "balancer-key";

    private readonly List<IAsyncDisposable> _started = [];

    private RedisServer Redis { get; } = RedisServer.Preferred();

    public ServiceProcess RoomHost { get; private set; } = null!;
    public ServiceProcess Api { get; private set; } = null!;
    public ServiceProcess Admin { get; private set; } = null!;

    /// <summary>The options with the addresses and keys.</summary>
    public string[] Arguments =>
        ["--api", $"{Api.Http.BaseAddress}", "--key", Key, "--admin", $"{Admin.Http.BaseAddress}", "--admin-key", AdminKey];

    public async ValueTask InitializeAsync()
    {
        await Own(Redis).StartAsync();
        RoomHost = await StartAsync("ChatServer.RoomHost", "PORT", ("MESSAGES_PER_SECOND", "0"), ("CONNECTIONS_PER_SECOND", "0"));
        var balancer = await StartAsync("ChatServer.LoadBalancer", "PORT", ("LOADBALANCER_KEY", BalancerKey));
        Api = await StartAsync(
            "ChatServer.Api", "PORT", ("KEY", Key), ("LOADBALANCERS", $"{balancer.Http.BaseAddress}"), ("LOADBALANCER_KEY", BalancerKey));
        Admin = await StartAsync("ChatServer.Admin", "ADMIN_PORT", ("ADMIN_KEY", AdminKey));
        await Eventually.Async(async () => (await Api.Http.GetAsync("/health")).IsSuccessStatusCode, ready => ready);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started)) await started.DisposeAsync();
    }

    /// <summary>Names of the existing rooms.</summary>
    public async Task<string> RoomsAsync() => (await Admin.GetDataAsync("/api/v1/load", AdminKey)).GetProperty("rooms").GetString()!;

    private async Task<ServiceProcess> StartAsync(string project, string portVariable, params (string Name, string? Value)[] settings) =>
        Own(await ServiceProcess.StartAsync(project, portVariable, [("ConnectionStrings__redis", Redis.ConnectionString), .. settings]));

    private T Own<T>(T started) where T : IAsyncDisposable
    {
        _started.Add(started);
        return started;
    }
}
