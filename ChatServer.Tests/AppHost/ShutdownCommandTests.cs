using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

[Collection(AppHostCollection.Name)]
public sealed class ShutdownCommandTests
{
    [Fact]
    public async Task Shut_down_ends_RoomHosts_and_Api_with_exit_code_0_and_none_is_restarted()
    {
        await using var appHost = await TestingAppHost.StartAsync();

        var result = await appHost.ExecuteAsync("admin", "shut-down");

        Assert.True(result.Success, result.Message);
        Assert.Contains("Shutting down", result.Data!.Value, StringComparison.Ordinal);
        string[] ended = ["api", "roomhost-1", "roomhost-2"];
        foreach (var resource in ended)
        {
            await appHost.FinishedAsync(resource);
            Assert.Equal(0, appHost.Resource(resource).ExitCode);
        }

        // Time for a restart: one that crashes now is back.
        await appHost.CrashAsync("loadbalancer-1");
        Assert.All(ended, resource => Assert.Null(appHost.Service(resource)));
    }
}
