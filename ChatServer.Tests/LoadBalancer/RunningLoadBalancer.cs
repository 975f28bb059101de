using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using ChatServer.LoadBalancer;
using ChatServer.LoadBalancer.Apis;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Tests.LoadBalancer;

/// <summary>The load balancer as Program.cs runs it, on its own port and, if given, with a test clock.</summary>
public sealed class RunningLoadBalancer : IAsyncDisposable
{
    public const string Key = "lb-key";

    private readonly WebApplication _app;

    private RunningLoadBalancer(WebApplication app)
    {
        _app = app;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(app.Urls.Single()) };
    }

    /// <summary>Sends no key, and follows no redirect.</summary>
    public HttpClient Http { get; }

    public static async Task<RunningLoadBalancer> StartAsync(
        string redis, TimeProvider? time = null, params (string Name, string Value)[] settings) =>
        await StartAsync(
            redis, time, services => services.AddSingleton<VerifyApi>((_, _) => Task.FromResult(ApiVerification.Verified)), settings);

    /// <summary>As the other overload; <paramref name="configure"/> adds services.</summary>
    public static async Task<RunningLoadBalancer> StartAsync(
        string redis, TimeProvider? time, Action<IServiceCollection> configure, params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["PORT"] = "0",
            ["BIND"] = "127.0.0.1",
            ["LOADBALANCER_KEY"] = Key,
            ["ConnectionStrings:redis"] = redis,
            ["TRUSTED_PROXIES"] = null,
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        if (time is not null) builder.Services.AddSingleton(time);
        configure(builder.Services);
        var app = LoadBalancerApp.Build(builder);
        await app.StartAsync();
        return new RunningLoadBalancer(app);
    }

    /// <summary>Sends a heartbeat, as an Api does.</summary>
    public async Task<HttpResponseMessage> RegisterAsync(
        string host, string cpus = "4", string rooms = "0", string version = "1.0.0", string? key = Key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/register/{Uri.EscapeDataString(host)}/{cpus}/{rooms}/{version}");
        if (key is not null) request.Headers.Add("X-API-Key", key);
        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Sends a heartbeat of <paramref name="api"/>.</summary>
    public async Task RegisterAsync(FakeApi api, int cpus = 4, int rooms = 0) =>
        (await RegisterAsync($"127.0.0.1:{api.Port}", $"{cpus}", $"{rooms}")).EnsureSuccessStatusCode();

    /// <summary>The <c>data</c> of <c>GET /servers</c>.</summary>
    public async Task<JsonElement[]> ServersAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/servers");
        request.Headers.Add("X-API-Key", Key);
        using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        return [.. body.GetProperty("data").EnumerateArray()];
    }

    /// <summary>Opens a WebSocket to <paramref name="target"/>, such as <c>/rooms/x?user=y</c>.</summary>
    public async Task<ClientWebSocket> ConnectAsync(string target, Action<ClientWebSocketOptions>? configure = null)
    {
        var socket = new ClientWebSocket();
        configure?.Invoke(socket.Options);
        await socket.ConnectAsync(
            new UriBuilder(new Uri(Http.BaseAddress!, target)) { Scheme = "ws" }.Uri, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>
    /// Sends a WebSocket handshake as an HTTP request: returns the complete refusal, which <see cref="ClientWebSocket"/> hides.
    /// </summary>
    public async Task<HttpResponseMessage> HandshakeAsync(string target)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd("websocket");
        request.Headers.Add("Sec-WebSocket-Version", "13");
        request.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Stops it as SIGTERM does.</summary>
    public Task StopAsync() => _app.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }
}
