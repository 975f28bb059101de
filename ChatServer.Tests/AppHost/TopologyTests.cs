using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

/// <summary>The application model and its processes.</summary>
[Collection(AppHostCollection.Name)]
public sealed class TopologyTests(SharedAppHost shared) : SharedAppHostTests(shared)
{
    [Fact]
    public void AppHost_starts_seven_processes() => Assert.Equal(
        [
            "ChatServer.Admin", "ChatServer.Api", "ChatServer.LoadBalancer", "ChatServer.LoadBalancer", "ChatServer.Redis",
            "ChatServer.RoomHost", "ChatServer.RoomHost",
        ],
        AppHost.Services().Select(service => service.Name).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("loadbalancer-1", "Chat")]
    [InlineData("admin", "Admin")]
    [InlineData("admin", "API docs")]
    [InlineData("api", "API docs")]
    public void The_dashboard_links_to_the_pages_by_name(string resource, string link) =>
        Assert.Contains(link, AppHost.LinksAtStart[resource]);

    [Theory]
    [InlineData("api")]
    [InlineData("admin")]
    [InlineData("roomhost-1")]
    [InlineData("loadbalancer-2")]
    public async Task The_dashboard_shows_the_health_of_each_service(string resource)
    {
        await AppHost.HealthyAsync(resource);
        Assert.Equal("Healthy", Assert.Single(AppHost.Resource(resource).HealthReports).Status.ToString());
    }

    [Fact]
    public void Keys_and_passwords_are_secret_parameters()
    {
        var parameters = AppHost.Model.Resources.OfType<ParameterResource>().ToList();
        Assert.Equal(
            ["admin-key", "key", "loadbalancer-key", "redis-password"],
            parameters.Select(parameter => parameter.Name).Order(StringComparer.Ordinal));
        Assert.All(parameters, parameter => Assert.True(parameter.Secret, parameter.Name));
    }

    [Fact]
    public async Task A_room_is_reached_through_each_load_balancer()
    {
        using var http = new HttpClient();
        // A 503 asks the caller to try again: on a loaded machine Redis may answer too late.
        await Eventually.Async(() => CreateAsync(http, "reached"), status => status == HttpStatusCode.OK, RunningAppHost.Timeout);

        foreach (var port in AppHost.LoadBalancerPorts)
        {
            await Eventually.Async(
                () => http.GetStringAsync($"http://localhost:{port}/rooms/reached", TestContext.Current.CancellationToken),
                name => name == "reached", RunningAppHost.Timeout);
            var room = await Eventually.Async(
                () => http.GetFromJsonAsync<JsonElement>(
                    $"http://localhost:{port}/api/v1/room/reached", TestContext.Current.CancellationToken),
                _ => true, RunningAppHost.Timeout);
            Assert.Equal(
                $"ws://localhost:{AppHost.LoadBalancerPorts[0]}/rooms/reached", room.GetProperty("data").GetProperty("url").GetString());
        }
    }

    [Fact]
    public void Keys_and_settings_reach_only_the_processes_to_which_they_apply()
    {
        var environments = AppHost.Services().ToLookup(service => service.Name, service => service.Environment());
        string[] Holders(string variable) =>
        [
            .. environments.Where(service => service.Any(variables => variables.ContainsKey(variable)))
                .Select(service => service.Key).Order(StringComparer.Ordinal),
        ];

        Assert.Equal(["ChatServer.Api", "ChatServer.RoomHost"], Holders("KEY"));
        Assert.Equal(["ChatServer.Admin"], Holders("ADMIN_KEY"));
        Assert.Equal(["ChatServer.Api", "ChatServer.LoadBalancer"], Holders("LOADBALANCER_KEY"));
        Assert.Equal(["ChatServer.Admin", "ChatServer.Api"], Holders("LOADBALANCERS"));
        Assert.Equal(["ChatServer.RoomHost"], Holders("MAX_ROOMS"));
        Assert.Equal(["ChatServer.Redis"], Holders("REDIS_PASSWORD"));
        Assert.Equal(
            ["ChatServer.Admin", "ChatServer.Api", "ChatServer.LoadBalancer", "ChatServer.RoomHost"], Holders("ConnectionStrings__redis"));
        Assert.All(environments.SelectMany(service => service), variables => Assert.DoesNotContain("REDIS_DATA", variables.Keys));
        Assert.Equal(
            ["roomhost-1", "roomhost-2"],
            environments["ChatServer.RoomHost"].Select(variables => variables["HOST_ID"]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_environment_that_an_operator_sets_overrides_the_one_of_the_launch_profile() => Assert.All(
        AppHost.Services().Where(service => service.Name != "ChatServer.Redis"),
        service => Assert.Equal("Development", service.Environment()["DOTNET_ENVIRONMENT"]));

    [Fact]
    public async Task Listeners_accept_connections_from_this_machine_only()
    {
        var other = (await Dns.GetHostAddressesAsync(Dns.GetHostName(), AddressFamily.InterNetwork, TestContext.Current.CancellationToken))
            .FirstOrDefault(address => !IPAddress.IsLoopback(address));
        if (other is null) Assert.Skip("This machine has only loopback addresses.");
        foreach (var port in AppHost.Ports)
        {
            using var client = new TcpClient();
            await Assert.ThrowsAsync<SocketException>(
                () => client.ConnectAsync(other, port, TestContext.Current.CancellationToken).AsTask());
        }
    }

    private async Task<HttpStatusCode> CreateAsync(HttpClient http, string room)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://localhost:{AppHost.ApiPort}/api/v1/room/{room}");
        request.Headers.Add("X-API-Key", "TESTING_KEY");
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    [Fact]
    public async Task An_HTTP_POST_to_the_embedded_Redis_is_refused()
    {
        var redis = Assert.Single(AppHost.Services(), service => service.Name == "ChatServer.Redis").Environment();
        using var socket = new TcpClient("127.0.0.1", int.Parse(redis["PORT"], null));
        await using var stream = socket.GetStream();
        using var reader = new StreamReader(stream);

        // The server skips the lines of the header, which are no commands, and reads the body.
        const string Body = "*3\r\n$3\r\nSET\r\n$8\r\ninjected\r\n$1\r\n1\r\n";
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Body.Length}\r\n\r\n{Body}"),
            TestContext.Current.CancellationToken);

        var answer = await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Eventually.Timeout);
        Assert.StartsWith("-NOAUTH", answer, StringComparison.Ordinal);
    }
}
