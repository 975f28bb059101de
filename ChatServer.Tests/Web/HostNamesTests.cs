using ChatServer.Tests.Api;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.Web;

/// <summary>
/// An Api, an Admin and a load balancer in Development, on the machine of a developer whose browser opens pages of other sites.
/// </summary>
public sealed class HostNamesTests(ApiCluster cluster) : IClassFixture<ApiCluster>, IAsyncLifetime
{
    private static readonly string[] LocalHosts =
        ["localhost", "localhost:1", "chat.localhost", "127.0.0.1", "10.1.2.3:80", "[::1]:80", Environment.MachineName];

    private static readonly string[] ForeignHosts =
        ["attacker.example", "localhost.attacker.example", "127.0.0.1.attacker.example", "notlocalhost"];

    private readonly List<ServiceProcess> _services = [];

    public async ValueTask InitializeAsync()
    {
        (string, string?)[] settings =
        [
            ("ASPNETCORE_ENVIRONMENT", "Development"), ("ConnectionStrings__redis", cluster.Redis.ConnectionString),
            ("KEY", "key"), ("ADMIN_KEY", "key"), ("LOADBALANCERS", "http://balancer.test:1"), ("LOADBALANCER_KEY", "key"),
            ("HOST", "api.test"), ("PUBLIC_URL", "https://public.test/app"),
        ];
        _services.AddRange(await Task.WhenAll(
            ServiceProcess.StartAsync("ChatServer.Api", "PORT", settings),
            ServiceProcess.StartAsync("ChatServer.Admin", "ADMIN_PORT", settings),
            ServiceProcess.StartAsync("ChatServer.LoadBalancer", "PORT", settings)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services) await service.DisposeAsync();
    }

    [Fact]
    public async Task Development_service_answers_only_under_names_of_this_machine_and_configured_ones()
    {
        foreach (var service in _services)
        {
            foreach (var host in (string[])[.. LocalHosts, "public.test"])
                Assert.StartsWith("HTTP/1.1 200 ", await GetAsync(service, host), StringComparison.Ordinal);
            foreach (var host in ForeignHosts)
            {
                var answer = await GetAsync(service, host);
                Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
                Assert.Contains("\"code\":\"host-not-allowed\"", answer, StringComparison.Ordinal);
            }
        }
        Assert.StartsWith("HTTP/1.1 200 ", await GetAsync(_services[0], "api.test"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await GetAsync(_services[0], "balancer.test:1"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", await GetAsync(_services[1], "balancer.test:1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Production_service_answers_under_every_name() =>
        Assert.StartsWith("HTTP/1.1 200 ", await GetAsync(cluster.Api, "chat.example"), StringComparison.Ordinal);

    private static Task<string> GetAsync(ServiceProcess service, string host) => RawHttp.ExchangeAsync(
        service.Http.BaseAddress!.Port, $"GET /alive HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
}
