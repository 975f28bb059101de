using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Deploy;

/// <summary>
/// A deployment behind nginx: a RoomHost, two load balancers, an Api and an Admin, with the settings of <c>docs/deployment.md</c>.
/// </summary>
public sealed class NginxDeployment : IAsyncDisposable
{
    public const string Key = "api-key", AdminKey = "admin-key", LoadBalancerKey = "lb-key";

    private const int RoomPorts = 20;

    private readonly List<IAsyncDisposable> _started = [];
    private Task? _start;

    public NginxProcess Nginx { get; private set; } = null!;

    public IReadOnlyList<ServiceProcess> LoadBalancers { get; private set; } = [];

    /// <summary>The value of <c>PUBLIC_URL</c>.</summary>
    public string PublicUrl { get; private set; } = "";

    /// <summary>Starts the deployment with the first test that uses it, because a missing nginx skips a test.</summary>
    public Task EnsureStartedAsync(string nginx) => _start ??= StartAsync(nginx);

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started)) await started.DisposeAsync();
    }

    private async Task StartAsync(string nginx)
    {
        var redis = RedisServer.Preferred();
        await redis.StartAsync();
        _started.Add(redis);
        var port = FreePort.Next();
        PublicUrl = $"https://{NginxProcess.ChatName}:{port}";
        (string, string?)[] shared =
        [
            ("ConnectionStrings__redis", redis.ConnectionString), ("PUBLIC_URL", PublicUrl), ("TRUSTED_PROXIES", "127.0.0.1"),
        ];
        var firstRoomPort = FreePort.Next(RoomPorts);
        var starts = new[]
        {
            StartAsync("RoomHost", "PORT", [
                ("KEY", Key), ("HOST", "127.0.0.1"), ("ROOM_PORTS", $"{firstRoomPort}-{firstRoomPort + RoomPorts - 1}"),
                ("MAX_ROOMS", $"{RoomPorts}"), ("MEMBERS_PER_ADDRESS", "1"), .. shared,
            ]),
            StartAsync("LoadBalancer", "PORT", [("LOADBALANCER_KEY", LoadBalancerKey), .. shared]),
            StartAsync("LoadBalancer", "PORT", [("LOADBALANCER_KEY", LoadBalancerKey), .. shared]),
            StartAsync("Admin", "ADMIN_PORT", [("ADMIN_KEY", AdminKey), .. shared]),
        };
        LoadBalancers = [await starts[1], await starts[2]];
        var urls = string.Join(',', LoadBalancers.Select(loadBalancer => loadBalancer.Http.BaseAddress));
        var api = await StartAsync(
            "Api", "PORT", [("KEY", Key), ("LOADBALANCERS", urls), ("LOADBALANCER_KEY", LoadBalancerKey), .. shared]);

        Nginx = new NginxProcess(
            nginx, [.. LoadBalancers.Select(loadBalancer => loadBalancer.Http.BaseAddress!.Port)],
            (await starts[3]).Http.BaseAddress!.Port, port);
        _started.Add(Nginx);
        await Nginx.StartAsync();
        await starts[0];
        foreach (var service in (ServiceProcess[])[.. LoadBalancers, api])
            await Eventually.Async(() => service.Http.GetAsync("/health"), answer => answer.StatusCode == HttpStatusCode.OK);
    }

    private async Task<ServiceProcess> StartAsync(string service, string portVariable, (string, string?)[] settings)
    {
        var process = await ServiceProcess.StartAsync($"ChatServer.{service}", portVariable, settings);
        lock (_started) _started.Add(process);
        return process;
    }
}
