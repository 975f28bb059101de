using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>The deployment that the AppHost runs, with calls to its services.</summary>
public sealed class Deployment : IAsyncDisposable
{
    // Connections are not reused: each room has its own port, and processes are killed.
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30), DefaultRequestHeaders = { ConnectionClose = true } };

    private readonly string _key, _adminKey;

    public Deployment(RunningAppHost appHost, string key = "TESTING_KEY", string adminKey = "ADMIN_TESTING_KEY") =>
        (AppHost, _key, _adminKey) = (appHost, key, adminKey);

    public RunningAppHost AppHost { get; }

    /// <summary>The ports of the two load balancers.</summary>
    public IReadOnlyList<int> Entrances => AppHost.LoadBalancerPorts;

    public static async Task<Deployment> StartAsync(params (string Name, string? Value)[] settings) =>
        new(await TestingAppHost.StartAsync(settings));

    /// <summary>Sends a request with the key of the service at <paramref name="port"/>.</summary>
    public async Task<Answer> CallAsync(int port, HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, $"http://localhost:{port}/api/v1/{path}");
        request.Headers.Add("X-API-Key", port == AppHost.AdminPort ? _adminKey : _key);
        if (body is not null) request.Content = JsonContent.Create(body);
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        return new(response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken));
    }

    /// <summary>The <c>data</c> of the Api's response to a GET.</summary>
    public async Task<JsonElement> GetAsync(string path) => (await CallAsync(AppHost.ApiPort, HttpMethod.Get, path)).Data;

    /// <summary>Creates a room through the Api or the load balancer at the given port.</summary>
    public Task<Answer> CreateAsync(string room, object? options = null, int? at = null) =>
        CallAsync(at ?? AppHost.ApiPort, HttpMethod.Post, $"room/{room}", options);

    /// <summary>Sends an order to the Admin and checks that it is accepted.</summary>
    public async Task OperateAsync(string path, object? body = null) =>
        Assert.Equal(HttpStatusCode.Accepted, (await CallAsync(AppHost.AdminPort, HttpMethod.Post, path, body)).Status);

    /// <summary>Shuts down all rooms and waits until no host has one.</summary>
    public Task RemoveRoomsAsync() => Eventually.Async(
        async () =>
        {
            var load = (await CallAsync(AppHost.AdminPort, HttpMethod.Get, "load")).Data;
            var rooms = load.GetProperty("rooms").GetString()!.Split(',', StringSplitOptions.RemoveEmptyEntries);
            await Parallel.ForEachAsync(rooms, TestContext.Current.CancellationToken, async (room, _) =>
                await CallAsync(AppHost.AdminPort, HttpMethod.Delete, $"room/{room}/shutdown"));
            return rooms.Length + load.GetProperty("hosts").EnumerateArray().Sum(host => host.GetProperty("rooms").GetInt32());
        },
        rooms => rooms == 0);

    /// <summary>Empties each RoomHost in turn, so that every room moves at least once.</summary>
    public async Task MoveRoomsAsync()
    {
        foreach (var host in (string[])["roomhost-1", "roomhost-2"])
        {
            await OperateAsync($"host/{host}/drain");
            await Eventually.Async(() => HostAsync(host), found => found is { } drained
                && drained.GetProperty("state").GetString() == "draining" && drained.GetProperty("rooms").GetInt32() == 0);
            await OperateAsync($"host/{host}/resume");
        }
    }

    /// <summary>The Admin's description of a RoomHost; undefined while the host is not alive.</summary>
    public async Task<JsonElement?> HostAsync(string id)
    {
        var load = (await CallAsync(AppHost.AdminPort, HttpMethod.Get, "load")).Data;
        return load.GetProperty("hosts").EnumerateArray().Where(host => host.GetProperty("id").GetString() == id)
            .Select(host => (JsonElement?)host).FirstOrDefault();
    }

    /// <summary>The message texts in a room's log, oldest first.</summary>
    public async Task<IReadOnlyList<string?>> TextsAsync(string room) =>
    [
        .. (await GetAsync($"room/{room}/messages?limit=1000")).GetProperty("messages").EnumerateArray().Select(
            message => message.GetProperty("text").GetString()),
    ];

    /// <summary>The body of the response to a GET.</summary>
    public Task<string> ReadAsync(string url) => _http.GetStringAsync(url, TestContext.Current.CancellationToken);

    /// <summary>Joins a room through a load balancer.</summary>
    public static Task<RoomClient> JoinAsync(int entrance, string room, string query) =>
        RoomClient.JoinAsync(new Uri($"ws://localhost:{entrance}/rooms/{room}?{query}"));

    /// <summary>Joins a room, and retries while the room moves between hosts.</summary>
    public static Task<RoomClient> RejoinAsync(int entrance, string room, string query) =>
        Eventually.Async(() => JoinAsync(entrance, room, query), _ => true);

    /// <summary>The processes of one service.</summary>
    public IReadOnlyList<Service> Processes(string service) =>
        [.. AppHost.Services().Where(process => process.Name == $"ChatServer.{service}")];

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return AppHost.DisposeAsync();
    }
}

/// <summary>Tests of the deployment that the <see cref="SharedAppHost"/> runs.</summary>
public abstract class DeploymentTests(SharedAppHost shared) : SharedAppHostTests(shared)
{
    private Deployment? _deployment;

    protected Deployment Deployment => _deployment ??= new Deployment(AppHost);
}

/// <summary>A response of an HTTP API.</summary>
public sealed record Answer(HttpStatusCode Status, JsonElement Body)
{
    public JsonElement Data =>
        Body.TryGetProperty("data", out var data) ? data : throw new InvalidOperationException($"{(int)Status} {Body}");

    /// <summary>The <c>code</c> of a problem; null for a success.</summary>
    public string? Code => Body.TryGetProperty("code", out var code) ? code.GetString() : null;

    /// <inheritdoc/>
    public override string ToString() => $"{(int)Status} {Body}";

    /// <summary>The port in the response to a creation.</summary>
    public int Port => Data.GetProperty("port").GetInt32();
}
