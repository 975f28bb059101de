using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

/// <summary>One AppHost that runs while these tests use it.</summary>
public sealed class TopologyTests(TopologyTests.Topology topology) : IClassFixture<TopologyTests.Topology>
{
    private RunningAppHost AppHost => topology.AppHost;

    [Fact]
    public void Everything_runs_and_nothing_else() => Assert.Equal(
        ["ChatServer.Admin", "ChatServer.Api", "ChatServer.LoadBalancer", "ChatServer.LoadBalancer", "ChatServer.Redis", "ChatServer.RoomHost", "ChatServer.RoomHost"],
        AppHost.Services().Select(service => service.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void The_terminal_says_where_everything_is_and_what_to_try()
    {
        var output = AppHost.Process.Output;
        Assert.Contains("runs the topology", output.Split('\n')[0], StringComparison.Ordinal);
        Assert.All(AppHost.Ports, port => Assert.Contains($"http://localhost:{port}", output, StringComparison.Ordinal));
        Assert.Contains(
            $"curl -X POST -H \"X-API-Key: TESTING_KEY\" http://localhost:{AppHost.ApiPort}/api/v1/room/lobby", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_of_the_services_stand_behind_their_names_without_colours_for_a_pipe()
    {
        Assert.Matches(@"(?m)^api            \| .*Application started", AppHost.Process.Output);
        Assert.DoesNotContain('\e', AppHost.Process.Output);
    }

    [Fact]
    public async Task A_room_is_reached_through_either_load_balancer()
    {
        using var http = new HttpClient();
        // Another test kills a RoomHost: for as long as its lease lives, a room may be meant for it, and the answer is "try again".
        await Eventually.Async(async () => await CreateAsync(http, "reached"), status => status == HttpStatusCode.OK, RunningAppHost.Patience);

        foreach (var port in AppHost.LoadBalancerPorts)
        {
            Assert.Equal("reached", await http.GetStringAsync($"http://localhost:{port}/rooms/reached", TestContext.Current.CancellationToken));
            var room = await http.GetFromJsonAsync<JsonElement>($"http://localhost:{port}/api/v1/room/reached", TestContext.Current.CancellationToken);
            Assert.Equal($"ws://localhost:{AppHost.LoadBalancerPorts[0]}/rooms/reached", room.GetProperty("data").GetProperty("url").GetString());
        }
    }

    [Fact]
    public void Keys_and_settings_reach_the_processes_that_they_belong_to()
    {
        var environments = AppHost.Services().ToLookup(service => service.Name, service => service.Environment());
        string[] Holders(string variable) =>
            [.. environments.Where(service => service.All(variables => variables.ContainsKey(variable))).Select(service => service.Key).Order(StringComparer.Ordinal)];

        Assert.Equal(["ChatServer.Api"], Holders("KEY"));
        Assert.Equal(["ChatServer.Admin"], Holders("ADMIN_KEY"));
        Assert.Equal(["ChatServer.Api", "ChatServer.LoadBalancer"], Holders("LOADBALANCER_KEY"));
        Assert.Equal(["ChatServer.Admin", "ChatServer.Api"], Holders("LOADBALANCERS"));
        Assert.Equal(["ChatServer.RoomHost"], Holders("MAX_ROOMS"));
        Assert.Equal(["ChatServer.Admin", "ChatServer.Api", "ChatServer.LoadBalancer", "ChatServer.RoomHost"], Holders("ConnectionStrings__redis"));
        Assert.All(environments.SelectMany(service => service), variables => Assert.DoesNotContain("REDIS_DATA", variables.Keys));
        Assert.Equal(["roomhost-1", "roomhost-2"], environments["ChatServer.RoomHost"].Select(variables => variables["HOST_ID"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_environment_that_somebody_chose_counts_more_than_that_of_the_launch_profile() => Assert.All(
        AppHost.Services().Where(service => service.Name != "ChatServer.Redis"),
        service => Assert.Equal("Development", service.Environment()["DOTNET_ENVIRONMENT"]));

    [Fact]
    public async Task A_RoomHost_that_is_killed_is_started_again()
    {
        var killed = AppHost.Services().First(service => service.Name == "ChatServer.RoomHost");
        using (var process = System.Diagnostics.Process.GetProcessById(killed.Id)) process.Kill();

        await Eventually.Async(
            () => AppHost.Services().Where(service => service.Name == "ChatServer.RoomHost").ToList(),
            hosts => hosts.Count == 2 && hosts.All(host => host.Id != killed.Id), RunningAppHost.Patience);
        Assert.Contains("crashed: exit code 137, again in 1 s", AppHost.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_listens_is_reached_from_this_machine_alone()
    {
        var other = (await Dns.GetHostAddressesAsync(Dns.GetHostName(), AddressFamily.InterNetwork, TestContext.Current.CancellationToken))
            .FirstOrDefault(address => !IPAddress.IsLoopback(address));
        if (other is null) Assert.Skip("This machine has no address but loopback.");
        foreach (var port in AppHost.Ports)
        {
            using var client = new TcpClient();
            await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(other, port, TestContext.Current.CancellationToken).AsTask());
        }
    }

    private async Task<HttpStatusCode> CreateAsync(HttpClient http, string room)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://localhost:{AppHost.ApiPort}/api/v1/room/{room}");
        request.Headers.Add("X-API-Key", "TESTING_KEY");
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    public sealed class Topology : IAsyncLifetime
    {
        public RunningAppHost AppHost { get; private set; } = null!;

        public async ValueTask InitializeAsync() => AppHost = await RunningAppHost.StartAsync(
            ("MAX_ROOMS", "50"), ("DOTNET_ENVIRONMENT", "Production"), ("ASPNETCORE_ENVIRONMENT", "Development"));

        public ValueTask DisposeAsync() => AppHost.DisposeAsync();
    }
}
