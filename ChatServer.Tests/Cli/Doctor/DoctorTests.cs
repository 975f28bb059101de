using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ChatServer.Cli.Doctor;
using ChatServer.Cli.Doctor.Checks;
using ChatServer.Contracts;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Cli.Doctor;

/// <summary>The doctor as a process, and a deployment of processes that has every misconfiguration of services.</summary>
public sealed class DoctorTests : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _started = [];
    private readonly RedisServer _redis = RedisServer.Preferred();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _started.Add(_redis);
        await _redis.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started)) await started.DisposeAsync();
    }

    [Fact]
    public async Task Every_misconfiguration_of_services_is_found()
    {
        // No load balancers in the Api, development keys, one host, and an address at which no room port listens.
        await StartAsync("ChatServer.RoomHost", "PORT", ("HOST", "127.0.0.9"), ("BIND", "127.0.0.1"));
        var balancer = await StartAsync("ChatServer.LoadBalancer", "PORT", ("LOADBALANCER_KEY", "LB_TESTING_KEY"));
        var api = await StartAsync("ChatServer.Api", "PORT", ("KEY", "TESTING_KEY"));
        var admin = await StartAsync("ChatServer.Admin", "ADMIN_PORT", ("ADMIN_KEY", "ADMIN_TESTING_KEY"));
        await CreateAsync(api, "lobby", "TESTING_KEY");

        // On a busy machine a service may not answer the doctor in time, which is a finding of its own.
        string[] expected = ["api-not-registered", "development-key", "public-url", "room-port", "single-host"];
        var (exitCode, report) = await Eventually.Async(
            () => CliProcess.ReportAsync(
                "doctor", "--redis", _redis.ConnectionString, "--api", $"{api.Http.BaseAddress}", "--key", "TESTING_KEY",
                "--admin", $"{admin.Http.BaseAddress}", "--admin-key", "ADMIN_TESTING_KEY", "--balancers", $"{balancer.Http.BaseAddress}",
                "--balancer-key", "LB_TESTING_KEY", "--public-url", $"{admin.Http.BaseAddress}", "--idle-seconds", "0"),
            run => expected.Except(Found(run.Report)).ToList() is [], 2 * Eventually.Timeout);

        Assert.Equal(1, exitCode);
        Assert.Equal(3, Found(report).Count(check => check == "development-key"));
        Assert.Contains("idle-connections: --idle-seconds above 0 is missing", $"{report.GetProperty("notChecked")}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sound_deployment_has_no_findings_about_its_services_and_a_proxy_that_closes_idle_connections_is_found()
    {
        for (var host = 1; host <= 2; host++)
            await StartAsync("ChatServer.RoomHost", "PORT", ("BIND", "127.0.0.1"), ("HOST_ID", $"host-{host}"));
        var balancer = await StartAsync("ChatServer.LoadBalancer", "PORT", ("LOADBALANCER_KEY", "a-balancer-key"));
        using var proxy = new ImpatientProxy(balancer.Http.BaseAddress!.Port);
        var api = await StartAsync(
            "ChatServer.Api", "PORT", ("KEY", "a-key"), ("LOADBALANCERS", $"{balancer.Http.BaseAddress}"),
            ("LOADBALANCER_KEY", "a-balancer-key"), ("PUBLIC_URL", $"{balancer.Http.BaseAddress}"));
        var admin = await StartAsync("ChatServer.Admin", "ADMIN_PORT", ("ADMIN_KEY", "an-admin-key"));
        await CreateAsync(api, "lobby", "a-key");

        var (exitCode, report) = await CliProcess.ReportAsync(
            "doctor", "--redis", _redis.ConnectionString, "--api", $"{api.Http.BaseAddress}", "--key", "a-key",
            "--admin", $"{admin.Http.BaseAddress}", "--admin-key", "an-admin-key", "--balancers", $"{balancer.Http.BaseAddress}",
            "--balancer-key", "a-balancer-key", "--public-url", $"{balancer.Http.BaseAddress}", "--idle-seconds", "3");
        var idle = await new IdleConnectionCheck().RunAsync(
            new DoctorTarget
            {
                Apis = [api.Http.BaseAddress!],
                Key = "a-key",
                PublicUrl = proxy.Address,
                IdleTime = Eventually.Timeout,
            },
            Ct);

        // This machine and the Redis of the tests have findings of their own.
        string[] ofTheMachine = ["ephemeral-ports", "listen-backlog", "open-files"];
        Assert.All(Found(report).Except(ofTheMachine), check => Assert.StartsWith("redis-", check, StringComparison.Ordinal));
        Assert.Empty(report.GetProperty("notChecked").EnumerateArray());
        Assert.InRange(exitCode, 0, 1);
        Assert.Equal("idle-timeout", Assert.Single(idle).Check);
    }

    [Fact]
    public async Task Invalid_address_ends_with_one_line()
    {
        var (exitCode, output) = await CliProcess.RunAsync("doctor", "--api", "localhost");
        Assert.Equal(2, exitCode);
        Assert.Contains("--api is 'localhost', not an address", output, StringComparison.Ordinal);
    }

    private static List<string> Found(JsonElement report) =>
        [.. report.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("check").GetString()!)];

    private static async Task CreateAsync(ServiceProcess api, string room, string key) => await Eventually.Async(
        async () =>
        {
            Assert.False(api.Process.HasExited, api.Process.Output);
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/room/{room}");
            request.Headers.Add(RequestHeaders.ApiKey, key);
            using var answer = await api.Http.SendAsync(request, Ct);
            return answer.StatusCode;
        },
        status => status == HttpStatusCode.OK);

    private async Task<ServiceProcess> StartAsync(string project, string portVariable, params (string Name, string? Value)[] settings)
    {
        var process = await ServiceProcess.StartAsync(
            project, portVariable, [("ConnectionStrings__redis", _redis.ConnectionString), .. settings]);
        _started.Add(process);
        return process;
    }

    /// <summary>A TCP proxy that closes each connection after two seconds.</summary>
    private sealed class ImpatientProxy : IDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public ImpatientProxy(int target)
        {
            _listener.Start();
            Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
            _ = AcceptAsync(target);
        }

        public Uri Address { get; }

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync(int target)
        {
            try
            {
                while (true)
                    _ = ForwardAsync(await _listener.AcceptTcpClientAsync(), target);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test has ended.
            }
        }

        private static async Task ForwardAsync(TcpClient client, int target)
        {
            using var end = new CancellationTokenSource(Patience);
            using var incoming = client;
            using var outgoing = new TcpClient();
            try
            {
                await outgoing.ConnectAsync(IPAddress.Loopback, target, end.Token);
                await Task.WhenAll(
                    incoming.GetStream().CopyToAsync(outgoing.GetStream(), end.Token),
                    outgoing.GetStream().CopyToAsync(incoming.GetStream(), end.Token));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // Both ends are closed.
            }
        }
    }
}
