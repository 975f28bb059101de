using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

/// <summary>However the AppHost ends, no process and no port remains.</summary>
[Collection(AppHostCollection.Name)]
public sealed class EndTests
{
    [Fact]
    public async Task Sigterm_leaves_no_process_and_no_port()
    {
        await using var appHost = await AppHostProcess.StartAsync(("KEY", "a"), ("ADMIN_KEY", "b"), ("LOADBALANCER_KEY", "c"));
        var services = appHost.Services();
        Assert.Equal(7, services.Count);
        // Children inherit the environment of the AppHost, but not its keys.
        foreach (var roomHost in services.Where(service => service.Name == "ChatServer.RoomHost"))
            Assert.Empty(new[] { "KEY", "ADMIN_KEY", "LOADBALANCER_KEY" }.Intersect(roomHost.Environment().Keys));

        await appHost.Process.StopAsync();

        Assert.Equal(0, appHost.Process.ExitCode);
        await appHost.LeavesNothingAsync(services);
    }

    [Fact]
    public async Task Kill_9_of_the_AppHost_leaves_no_process_and_no_port_whatever_address_its_environment_binds()
    {
        await using var appHost = await AppHostProcess.StartAsync(("BIND", "0.0.0.0"));
        var services = appHost.Services();
        Assert.Equal("127.0.0.1", Assert.Single(services, service => service.Name == "ChatServer.Redis").Environment()["BIND"]);

        await appHost.Process.KillAsync();

        await appHost.LeavesNothingAsync(services);
    }

    [Fact]
    public async Task Kill_9_of_the_AppHost_leaves_only_the_Redis_that_it_did_not_start()
    {
        await using var redis = new EmbeddedRedis();
        await redis.StartAsync();
        await using var appHost = await AppHostProcess.StartAsync(("ConnectionStrings__redis", redis.ConnectionString));
        var services = appHost.Services();
        Assert.True(services.Count == 6, string.Join(", ", services) + "\n" + appHost.Process.Output);
        Assert.DoesNotContain(services, service => service.Name == "ChatServer.Redis");

        await appHost.Process.KillAsync();

        await appHost.LeavesNothingAsync(services);
        await redis.FlushAsync();
    }

    [Fact]
    public async Task After_a_shutdown_by_an_operator_the_ended_services_stay_down_and_Ctrl_C_ends_the_others()
    {
        await using var appHost = await AppHostProcess.StartAsync();
        var services = appHost.Services();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"http://localhost:{appHost.AdminPort}/api/v1/shutdown");
        request.Headers.Add("X-API-Key", "ADMIN_TESTING_KEY");
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);

        string[] remaining = ["ChatServer.Admin", "ChatServer.LoadBalancer", "ChatServer.LoadBalancer", "ChatServer.Redis"];
        await Eventually.Async(() => Names(appHost), names => names.SequenceEqual(remaining), RunningAppHost.Patience);

        await appHost.Process.InterruptAsync();
        Assert.Equal(0, appHost.Process.ExitCode);
        await appHost.LeavesNothingAsync(services);
    }

    private static List<string> Names(AppHostProcess appHost) => [.. appHost.Services().Select(service => service.Name).Order(StringComparer.Ordinal)];
}
