using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChatServer.Backplane;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>All services on a Redis Cluster, as processes.</summary>
[Needs(OptionalProgram.RedisServer)]
public sealed class RedisClusterDeploymentTests : IAsyncLifetime
{
    private const string Key = "a-key";
    private const int Rooms = 4, Messages = 20, PortsOfHost = 20;

    private readonly RedisCluster _redis = new();
    private readonly List<IAsyncDisposable> _started = [];
    private readonly int _roomPort = FreePort.Next(PortsOfHost);
    private ServiceProcess _api = null!, _admin = null!, _balancer = null!, _first = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private static IReadOnlyList<string> Names { get; } = [.. Enumerable.Range(0, Rooms).Select(n => $"room-{n}")];

    public async ValueTask InitializeAsync()
    {
        await _redis.StartAsync();
        _started.Add(_redis);
        var started = await Task.WhenAll(
            StartAsync("LoadBalancer", "PORT", ("LOADBALANCER_KEY", Key)), StartAsync("Admin", "ADMIN_PORT", ("ADMIN_KEY", Key)),
            HostAsync("host-1"));
        (_balancer, _admin, _first) = (started[0], started[1], started[2]);
        _api = await StartAsync(
            "Api", "PORT", ("KEY", Key), ("LOADBALANCER_KEY", Key), ("LOADBALANCERS", $"http://localhost:{Port(_balancer)}"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started)) await started.DisposeAsync();
    }

    [Fact]
    public async Task Members_lose_nothing_when_a_master_is_killed_and_when_their_host_restarts()
    {
        var ports = new List<int>();
        foreach (var name in Names)
            ports.Add((await CallAsync(_api, HttpMethod.Post, $"room/{name}", HttpStatusCode.OK)).GetProperty("port").GetInt32());
        var speakers = await Task.WhenAll(Names.Select(name => JoinAsync(name, "user=ann")));
        var direct = await Task.WhenAll(ports.Select(port => RoomClient.JoinAsync(port, "user=ben")));
        _started.AddRange([.. speakers, .. direct]);
        await OperateAsync();
        Assert.All(await Task.WhenAll(speakers.Concat(direct).Select(member => member.NextAsync("announcement"))),
            announcement => Assert.Equal("hear", announcement["text"]));

        // The master of a room: its members wait, and send again what is refused in the meantime.
        await SayAsync(speakers, 0);
        var lost = await _redis.KillMasterOfAsync(RedisNames.Room(Names[0]));
        await SayAsync(speakers, Messages);
        await _redis.RecoveredAsync(lost);
        await OperateAsync();

        await HostAsync("host-2");
        await _first.Process.StopAsync();
        await SayAsync(speakers, 2 * Messages);

        foreach (var (name, speaker) in Names.Zip(speakers))
        {
            Assert.False(speaker.HasEnded);
            await speaker.CatchUpAsync();
            var texts = (await CallAsync(_api, HttpMethod.Get, $"room/{name}/messages?limit=1000", HttpStatusCode.OK))
                .GetProperty("messages").EnumerateArray().Where(e => e.GetProperty("type").GetString() == "message")
                .Select(e => e.GetProperty("text").GetString()).ToList();
            var expected = Enumerable.Range(0, 3 * Messages).Select(n => $"text {n}").ToList();
            Assert.Equal(expected, texts.Where(text => text != "posted"));
            Assert.Equal(expected, speaker.Log.Where(e => e.Type == "message" && e["text"] != "posted").Select(e => e["text"]));
            Assert.Equal(Enumerable.Range(1, speaker.Log.Count), speaker.Log.Select(e => (int)e.Seq));
        }
    }

    // A message of a backend and of the Admin, and a ban: each is a command or an order to the room's host.
    private async Task OperateAsync()
    {
        foreach (var name in Names)
        {
            await CallAsync(_api, HttpMethod.Post, $"room/{name}/message", HttpStatusCode.Accepted, new { user = "backend", text = "posted" });
            await CallAsync(_admin, HttpMethod.Post, $"room/{name}/ban", HttpStatusCode.Accepted, new { uid = "mallory" });
            await CallAsync(_admin, HttpMethod.Post, $"room/{name}/unban", HttpStatusCode.Accepted, new { uid = "mallory" });
        }
        await CallAsync(_admin, HttpMethod.Post, "message", HttpStatusCode.Accepted, new { text = "hear" });
    }

    // In order, each until the log has it: a message that is sent again under its id is logged once.
    private static Task SayAsync(IReadOnlyList<RoomClient> speakers, int first) => Task.WhenAll(speakers.Select(async speaker =>
    {
        for (var n = first; n < first + Messages; n++)
        {
            await Eventually.Async(
                async () =>
                {
                    await speaker.SendAsync(new { type = "message", id = $"m{n}", text = $"text {n}" });
                    var answer = await speaker.NextAsync(e => e["id"] == $"m{n}", $"the answer to message {n}");
                    return answer.Type;
                },
                answer => answer == "message", TimeSpan.FromSeconds(60));
        }
    }));

    private Task<RoomClient> JoinAsync(string room, string query) => Eventually.Async(
        () => RoomClient.JoinAsync(new Uri($"ws://localhost:{Port(_balancer)}/rooms/{room}?{query}")), _ => true);

    private static async Task<JsonElement> CallAsync(
        ServiceProcess service, HttpMethod method, string path, HttpStatusCode expected, object? body = null)
    {
        var json = body is null ? null : JsonSerializer.Serialize(body);
        return await Eventually.Async(
            async () =>
            {
                using var answer = await service.SendAsync(method, $"/api/v1/{path}", Key, json);
                var content = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
                return (answer.StatusCode, Content: content);
            },
            answer => answer.StatusCode == expected) is { Content: var content } && content.TryGetProperty("data", out var data)
            ? data
            : content;
    }

    private async Task<ServiceProcess> HostAsync(string id)
    {
        var host = await StartAsync(
            "RoomHost", "PORT", ("HOST_ID", id), ("KEY", Key), ("HOST", "127.0.0.1"), ("MESSAGES_PER_SECOND", "0"),
            ("ROOM_PORTS", $"{_roomPort}-{_roomPort + PortsOfHost - 1}"));
        await Eventually.Async(
            async () =>
            {
                using var health = await host.SendAsync(HttpMethod.Get, "/health");
                return health.StatusCode;
            },
            status => status == HttpStatusCode.OK);
        return host;
    }

    private async Task<ServiceProcess> StartAsync(string project, string portVariable, params (string Name, string? Value)[] settings)
    {
        var service = await ServiceProcess.StartAsync(
            $"ChatServer.{project}", portVariable, [("ConnectionStrings__redis", _redis.ConnectionString), .. settings]);
        _started.Add(service);
        return service;
    }

    private static int Port(ServiceProcess service) => service.Http.BaseAddress!.Port;
}
