using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

/// <summary>After SIGKILL of the AppHost no process and no port remains. <c>RestartTests</c> covers SIGTERM and Ctrl+C.</summary>
[Collection(AppHostCollection.Name)]
public sealed class EndTests
{
    [Fact]
    public async Task Kill_9_of_the_AppHost_leaves_no_process_and_no_port_for_any_bind_address()
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
}
