using System.Net;
using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Examples;

/// <summary>A Redis, a RoomHost, a load balancer, an Api and an Admin as processes.</summary>
public sealed class ExampleDeployment : IAsyncLifetime
{
    public const string Key = "key", AdminKey = "admin-key", LoadBalancerKey = "lb-key", HostId = "host-1";

    private readonly Stack<IAsyncDisposable> _started = [];
    private readonly RedisServer _redis = RedisServer.Preferred();

    public ServiceProcess LoadBalancer { get; private set; } = null!;

    public ServiceProcess Api { get; private set; } = null!;

    public ServiceProcess Admin { get; private set; } = null!;

    /// <summary>For example <c>127.0.0.1:10000</c>.</summary>
    public static string AuthorityOf(ServiceProcess service) => service.Http.BaseAddress!.Authority;

    public async ValueTask InitializeAsync()
    {
        _started.Push(_redis);
        await _redis.StartAsync();
        var roomHost = StartAsync(
            "RoomHost", "PORT", ("ROOM_PORTS", $"{FreePort.Next()}-19999"), ("HOST", "127.0.0.1"), ("HOST_ID", HostId));
        LoadBalancer = await StartAsync("LoadBalancer", "PORT", ("LOADBALANCER_KEY", LoadBalancerKey));
        var loadBalancers = $"http://{AuthorityOf(LoadBalancer)}";
        var admin = StartAsync("Admin", "ADMIN_PORT", ("ADMIN_KEY", AdminKey), ("LOADBALANCERS", loadBalancers));
        Api = await StartAsync("Api", "PORT", ("KEY", Key), ("LOADBALANCER_KEY", LoadBalancerKey), ("LOADBALANCERS", loadBalancers));
        Admin = await admin;
        await roomHost;
        // Ready once a RoomHost is live and the load balancer knows the Api.
        await Eventually.Async(async () => (await LoadBalancer.Http.GetAsync("/api/v1/")).StatusCode, seen => seen == HttpStatusCode.OK);
        await Eventually.Async(async () => (await Api.Http.GetAsync("/health")).StatusCode, seen => seen == HttpStatusCode.OK);
    }

    /// <summary>Creates a room that no other test uses.</summary>
    public async Task<string> CreateRoomAsync()
    {
        var name = $"room-{Guid.NewGuid():N}"[..16];
        using var response = await Api.SendAsync(HttpMethod.Post, $"/api/v1/room/{name}", Key);
        response.EnsureSuccessStatusCode();
        return name;
    }

    /// <summary>Sends a message as a backend.</summary>
    public async Task SendAsync(string room, string user, string text)
    {
        var json = JsonSerializer.Serialize(new { user, text });
        using var response = await Api.SendAsync(HttpMethod.Post, $"/api/v1/room/{room}/message", Key, json);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Waits until the room's history has a message of <paramref name="user"/>, and returns its text.</summary>
    public Task<string> TextOfAsync(string room, string user) => Eventually.Async(
        async () =>
        {
            var history = await Api.GetDataAsync($"/api/v1/room/{room}/messages", Key);
            return history.GetProperty("messages").EnumerateArray()
                .Where(message => message.GetProperty("user").GetString() == user)
                .Select(message => message.GetProperty("text").GetString()!).FirstOrDefault("");
        },
        text => text != "");

    public async ValueTask DisposeAsync()
    {
        while (_started.TryPop(out var started)) await started.DisposeAsync();
    }

    private async Task<ServiceProcess> StartAsync(string service, string portVariable, params (string Name, string? Value)[] settings)
    {
        var process = await ServiceProcess.StartAsync(
            $"ChatServer.{service}", portVariable, [("ConnectionStrings__redis", _redis.ConnectionString), .. settings]);
        lock (_started) _started.Push(process);
        return process;
    }
}
