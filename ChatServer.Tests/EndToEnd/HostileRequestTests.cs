using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using ChatServer.Contracts;
using ChatServer.Tests.Admin;
using ChatServer.Tests.Api;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.EndToEnd;

/// <summary>
/// A few thousand requests of a seeded generator to each service. <c>HOSTILE_SEED</c> and <c>HOSTILE_REQUESTS</c> select others:
/// docs/reliability.md has the command for a long run.
/// </summary>
public sealed partial class HostileRequestTests
{
    private const int Parallelism = 16;

    private static readonly int Seed = Number("HOSTILE_SEED", 1), Count = Number("HOSTILE_REQUESTS", 3000);

    // Errors and stack traces of the service are in its output.
    private static readonly (string, string?)[] LogErrors =
        [("Logging__LogLevel__Default", "Error"), ("Logging__LogLevel__Microsoft.AspNetCore", "Error")];

    [Fact]
    public async Task Api_answers_no_request_with_an_undocumented_5xx()
    {
        await using var cluster = new ApiCluster();
        await cluster.InitializeAsync();
        var api = await cluster.StartApiAsync(LogErrors);
        await cluster.CreateAsync("lobby");
        await AttackAsync(api, PortOf(api), ApiCluster.Key,
        [
            "/", "/api/v1/", "/api/v1/rooms", "/api/v1/room/{name}", "/api/v1/room/{name}", "/api/v1/room/{name}/messages",
            "/api/v1/room/{name}/message", "/room/{name}", "/openapi/v1.json", "/docs", "/docs/{name}", "/app/{name}/room.js",
            "/app/1/{name}", "/chat-client.js", "/health", "/alive", "/{name}",
        ]);
    }

    [Fact]
    public async Task Admin_answers_no_request_with_an_undocumented_5xx()
    {
        await using var cluster = new AdminCluster();
        await cluster.InitializeAsync();
        await using var admin = await ServiceProcess.StartAsync(
            "ChatServer.Admin", "ADMIN_PORT",
            [("ADMIN_KEY", AdminCluster.Key), ("ConnectionStrings__redis", cluster.Redis.ConnectionString), .. LogErrors]);
        await cluster.CreateAsync("lobby");
        await AttackAsync(admin, PortOf(admin), AdminCluster.Key,
        [
            "/", "/api/v1/", "/api/v1/load", "/api/v1/rooms", "/api/v1/room/{name}", "/api/v1/room/{name}/message", "/api/v1/message",
            "/api/v1/room/{name}/shutdown", "/api/v1/host/{name}/drain", "/api/v1/host/{name}/resume",
            "/api/v1/rebalance", "/docs",
            "/openapi/v1.json", "/app/1/{name}", "/health", "/{name}",
        ]);
    }

    [Fact]
    public async Task Ports_of_a_RoomHost_answer_no_request_with_5xx()
    {
        await using var redis = RedisServer.Preferred();
        await redis.StartAsync();
        var first = FreePort.Next(20);
        await using var host = await ServiceProcess.StartAsync(
            "ChatServer.RoomHost", "PORT",
            [
                ("ConnectionStrings__redis", redis.ConnectionString), ("ROOM_PORTS", $"{first}-{first + 19}"),
                ("CONNECTIONS_PER_SECOND", "0"), .. LogErrors,
            ]);
        await using var backplane = new BackplaneProcess(redis.ConnectionString);
        var room = await Eventually.Async(
            () => backplane.Placement.CreateAsync("lobby", new RoomOptions(), TestContext.Current.CancellationToken),
            created => created is not null);
        await AttackAsync(host, room!.Value.Room.Port, "", ["/", "/", "/{name}"]);
        await AttackAsync(host, PortOf(host), "", ["/health", "/alive", "/{name}"]);
    }

    [Fact]
    public async Task Load_balancer_answers_no_request_with_an_undocumented_5xx()
    {
        await using var redis = RedisServer.Preferred();
        await redis.StartAsync();
        (string, string?)[] settings =
        [
            ("ConnectionStrings__redis", redis.ConnectionString), ("KEY", "key"), ("LOADBALANCER_KEY", "key"),
            ("CONNECTIONS_PER_SECOND", "0"), .. LogErrors,
        ];
        await using var loadBalancer = await ServiceProcess.StartAsync("ChatServer.LoadBalancer", "PORT", settings);
        var first = FreePort.Next(20);
        await using var host = await ServiceProcess.StartAsync(
            "ChatServer.RoomHost", "PORT", [("ROOM_PORTS", $"{first}-{first + 19}"), .. settings]);
        await using var api = await ServiceProcess.StartAsync(
            "ChatServer.Api", "PORT", [("LOADBALANCERS", $"{loadBalancer.Http.BaseAddress}"), .. settings]);
        await Eventually.Async(
            async () => (await loadBalancer.SendAsync(HttpMethod.Post, "/api/v1/room/lobby", "key")).StatusCode,
            status => status == HttpStatusCode.OK);
        await AttackAsync(loadBalancer, PortOf(loadBalancer), "key",
        [
            "/rooms/{name}", "/rooms/{name}", "/rooms/lobby", "/rooms", "/", "/api/v1/", "/api/v1/rooms", "/api/v1/room/{name}",
            "/api/v1/room/{name}/messages", "/api/v1/room/{name}/message", "/room/{name}", "/openapi/v1.json", "/docs", "/docs/{name}",
            "/app/1/{name}", "/chat-client.js", "/register/{name}/1/0/1", "/servers", "/health", "/{name}",
        ]);
        // No request took the Api or the room out of service for others.
        foreach (var path in (string[])["/api/v1/", "/rooms/lobby"])
        {
            using var answer = await loadBalancer.SendAsync(HttpMethod.Get, path);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        foreach (var service in (ServiceProcess[])[api, host])
            Assert.DoesNotContain("Exception", service.Process.Output, StringComparison.Ordinal);
    }

    private static async Task AttackAsync(ServiceProcess service, int port, string key, string[] paths)
    {
        var requests = new HostileRequests(Seed, key, paths);
        var all = Enumerable.Range(0, Count).Select(_ => requests.Next()).ToList();
        var statuses = new int[Count];
        await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = Parallelism }, async (i, _) =>
        {
            var answer = await ExchangeAsync(port, all[i]);
            // A final answer, after those of 1xx.
            var status = StatusLine().Matches(answer).Select(line => int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture))
                .FirstOrDefault(code => code is 101 or >= 200);
            var isAllowed = status switch
            {
                0 => !all[i].IsComplete,
                503 => answer.Contains("Retry-After: ", StringComparison.Ordinal)
                    || answer.Contains("\"not-ready\"", StringComparison.Ordinal),
                // An address that a request with the key registered as an Api.
                502 => answer.Contains("\"api-not-verified\"", StringComparison.Ordinal),
                505 => !FirstLine(all[i].Text).EndsWith("HTTP/1.1", StringComparison.Ordinal),
                _ => status < 500,
            };
            Assert.True(isAllowed, $"Request {i} of seed {Seed}:\n{Shortened(all[i].Text)}\n---\n{Shortened(answer)}");
            statuses[i] = status;
        });
        // A generator whose requests all end in the parser would test nothing.
        foreach (var status in new[] { 200, 400, 405 }) Assert.Contains(status, statuses);
        Assert.False(service.Process.HasExited);
        Assert.DoesNotContain("Exception", service.Process.Output, StringComparison.Ordinal);
        using var alive = await service.SendAsync(HttpMethod.Get, "/alive");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    private static async Task<string> ExchangeAsync(int port, HostileRequest request)
    {
        using var timeout = new CancellationTokenSource(Eventually.Timeout);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port, timeout.Token);
        var answer = new StringBuilder();
        var buffer = new byte[16 * 1024];
        try
        {
            await socket.SendAsync(Encoding.Latin1.GetBytes(request.Text), timeout.Token);
            if (!request.IsComplete) socket.Shutdown(SocketShutdown.Send);
            while (await socket.ReceiveAsync(buffer, timeout.Token) is > 0 and var received)
            {
                // The rest of an answer follows in any case; a connection that the server would keep ends.
                if (answer.Length == 0 && request.IsComplete) socket.Shutdown(SocketShutdown.Send);
                answer.Append(Encoding.Latin1.GetString(buffer, 0, received));
            }
        }
        catch (SocketException)
        {
            // A reset: the server closed without reading everything.
        }
        return answer.ToString();
    }

    private static int PortOf(ServiceProcess service) => service.Http.BaseAddress!.Port;

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static string FirstLine(string request) => request[..Math.Max(0, request.IndexOf("\r\n", StringComparison.Ordinal))];

    private static string Shortened(string text) => text.Length > 1500 ? $"{text[..1500]}…" : text;

    [GeneratedRegex(@"^HTTP/1\.1 (\d{3}) ", RegexOptions.Multiline)]
    private static partial Regex StatusLine();
}
