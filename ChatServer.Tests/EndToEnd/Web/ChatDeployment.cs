using System.Collections.Concurrent;
using System.Net;
using ChatServer.Tests.Support;
using Microsoft.Playwright;

namespace ChatServer.Tests.EndToEnd.Web;

/// <summary>
/// A Redis, an Api, an Admin, two RoomHosts and three load balancers as processes, and the Chromium that opens their pages.
/// </summary>
internal sealed class ChatDeployment : IAsyncDisposable
{
    public const string Key = "key", AdminKey = "admin-key";
    private const string LoadBalancerKey = "lb-key";

    private readonly ConcurrentStack<IAsyncDisposable> _started = [];
    private readonly RedisServer _redis = RedisServer.Preferred();
    private IPlaywright? _playwright;

    public ServiceProcess Api { get; private set; } = null!;

    public ServiceProcess Admin { get; private set; } = null!;

    public IReadOnlyList<ServiceProcess> LoadBalancers { get; private set; } = null!;

    /// <summary>Each has its own address, which a room's description names.</summary>
    public IList<ServiceProcess> RoomHosts { get; private set; } = null!;

    public IBrowser Browser { get; private set; } = null!;

    /// <param name="chromium">The path of the program.</param>
    public async Task StartAsync(string chromium)
    {
        Assertions.SetDefaultExpectTimeout((float)ChatSite.Timeout.TotalMilliseconds);
        await Own(_redis).StartAsync();
        var browser = LaunchAsync(chromium);
        var hosts = Task.WhenAll(Enumerable.Range(0, 2).Select(RoomHostAsync));
        LoadBalancers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => LoadBalancerAsync()));
        var loadBalancers = string.Join(',', LoadBalancers.Select(ChatSite.AddressOf));
        var admin = StartAsync("Admin", "ADMIN_PORT", ("ADMIN_KEY", AdminKey), ("LOADBALANCERS", loadBalancers));
        Api = await StartAsync("Api", "PORT", ("KEY", Key), ("LOADBALANCER_KEY", LoadBalancerKey), ("LOADBALANCERS", loadBalancers));
        (Admin, RoomHosts, Browser) = (await admin, await hosts, await browser);
        // Forwarded to the Api, once it has registered.
        foreach (var loadBalancer in LoadBalancers)
            await Eventually.Async(
                () => StatusAsync(loadBalancer, "/no-such-page"), seen => seen == HttpStatusCode.NotFound, ChatSite.Timeout);
    }

    /// <summary>Sends SIGKILL to the host of a room, and starts another one at its address.</summary>
    public async Task KillHostOfAsync(string room)
    {
        var address = (await Api.GetDataAsync($"/api/v1/room/{room}")).GetProperty("host").GetString()!;
        var host = Enumerable.Range(0, RoomHosts.Count).Single(i => HostAddress(i) == address);
        await RoomHosts[host].Process.KillAsync();
        RoomHosts[host] = await RoomHostAsync(host);
    }

    public async ValueTask DisposeAsync()
    {
        while (_started.TryPop(out var started)) await started.DisposeAsync();
        _playwright?.Dispose();
    }

    private static string HostAddress(int host) => $"127.0.0.{host + 2}";

    private Task<ServiceProcess> RoomHostAsync(int host) =>
        StartAsync("RoomHost", "PORT", ("BIND", "0.0.0.0"), ("HOST", HostAddress(host)), ("KEY", Key), ("MESSAGES_PER_SECOND", "0"));

    private Task<ServiceProcess> LoadBalancerAsync() => StartAsync("LoadBalancer", "PORT", ("LOADBALANCER_KEY", LoadBalancerKey));

    private async Task<ServiceProcess> StartAsync(string service, string portVariable, params (string Name, string? Value)[] settings) =>
        Own(await ServiceProcess.StartAsync(
            $"ChatServer.{service}", portVariable, [("ConnectionStrings__redis", _redis.ConnectionString), .. settings]));

    private static async Task<HttpStatusCode> StatusAsync(ServiceProcess service, string path)
    {
        using var response = await service.Http.GetAsync(path);
        return response.StatusCode;
    }

    /// <param name="playwright">The driver.</param>
    /// <param name="chromium">The path of the program.</param>
    public static Task<IBrowser> LaunchAsync(IPlaywright playwright, string chromium) => playwright.Chromium.LaunchAsync(new()
    {
        ExecutablePath = chromium,
        Args =
        [
            "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync",
        ],
    });

    private async Task<IBrowser> LaunchAsync(string chromium)
    {
        _playwright = await Playwright.CreateAsync();
        return Own(await LaunchAsync(_playwright, chromium));
    }

    private T Own<T>(T started) where T : IAsyncDisposable
    {
        _started.Push(started);
        return started;
    }
}
