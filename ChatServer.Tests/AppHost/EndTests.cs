using System.Net;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

public sealed class EndTests
{
    [Fact]
    public async Task Sigterm_ends_everything_in_order_and_leaves_nothing()
    {
        await using var appHost = await RunningAppHost.StartAsync();
        var services = appHost.Services();
        Assert.Equal(7, services.Count);

        await appHost.Process.StopAsync();

        Assert.Equal(0, appHost.Process.ExitCode);
        await appHost.LeavesNothingAsync(services);
        Assert.DoesNotContain("crashed", appHost.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kill_9_of_the_AppHost_leaves_nothing_but_the_Redis_that_it_was_given()
    {
        await using var redis = new EmbeddedRedis();
        await redis.StartAsync();
        await using var appHost = await RunningAppHost.StartAsync(("ConnectionStrings__redis", redis.ConnectionString));
        var services = appHost.Services();
        Assert.True(services.Count == 6, string.Join(", ", services) + "\n" + appHost.Process.Output);
        Assert.DoesNotContain(services, service => service.Name == "ChatServer.Redis");

        await appHost.Process.KillAsync();

        await appHost.LeavesNothingAsync(services);
    }

    [Fact]
    public async Task What_an_operator_shut_down_stays_down_and_Ctrl_C_ends_the_rest()
    {
        await using var appHost = await RunningAppHost.StartAsync();
        var services = appHost.Services();
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"http://localhost:{appHost.AdminPort}/api/v1/shutdown");
        request.Headers.Add("X-API-Key", "ADMIN_TESTING_KEY");
        using var ordered = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Accepted, ordered.StatusCode);

        await Eventually.Async(
            () => appHost.Process.Output.Split('\n').Count(line => line.Contains("ended by itself", StringComparison.Ordinal)),
            ended => ended == 3, RunningAppHost.Patience);
        Assert.Equal(
            ["ChatServer.Admin", "ChatServer.LoadBalancer", "ChatServer.LoadBalancer", "ChatServer.Redis"],
            appHost.Services().Select(service => service.Name).Order(StringComparer.Ordinal));

        await appHost.Process.InterruptAsync();
        Assert.Equal(0, appHost.Process.ExitCode);
        await appHost.LeavesNothingAsync(services);
    }
}
