using Aspire.Hosting.ApplicationModel;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

[Collection(AppHostCollection.Name)]
public sealed class ShutdownCommandTests(SharedAppHost shared) : SharedAppHostTests(shared)
{
    [Fact]
    public async Task Shutdown_ends_RoomHosts_and_Api_with_exit_code_0_and_restarts_none()
    {
        var result = await AppHost.ExecuteAsync("admin", "shut-down");

        Assert.True(result.Success, result.Message);
        Assert.Contains("Shutting down", result.Data!.Value, StringComparison.Ordinal);
        string[] ended = ["api", "roomhost-1", "roomhost-2"];
        foreach (var resource in ended)
        {
            await AppHost.FinishedAsync(resource);
            Assert.Equal(0, AppHost.Resource(resource).ExitCode);
        }

        // Time for a restart: one that crashes now is back.
        await AppHost.CrashAsync("loadbalancer-1");
        Assert.All(ended, resource => Assert.Null(AppHost.Service(resource)));
        foreach (var resource in ended)
            Assert.True((await AppHost.ExecuteAsync(resource, KnownResourceCommands.StartCommand)).Success);
        await AppHost.ReadyAsync();
    }
}
