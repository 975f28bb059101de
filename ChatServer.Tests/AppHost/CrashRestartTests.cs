using Aspire.Hosting.ApplicationModel;
using ChatServer.Tests.Support;

namespace ChatServer.Tests.AppHost;

/// <summary>Aspire leaves a crashed project stopped; the AppHost starts it again.</summary>
[Collection(AppHostCollection.Name)]
public sealed class CrashRestartTests(SharedAppHost shared) : SharedAppHostTests(shared)
{
    [Theory]
    [InlineData("redis-server")]
    [InlineData("roomhost-1")]
    [InlineData("loadbalancer-1")]
    [InlineData("api")]
    [InlineData("admin")]
    public async Task A_killed_service_runs_again_and_its_log_says_so(string resource)
    {
        var restarts = await RestartsAsync(resource);

        var killed = await AppHost.CrashAsync(resource);

        Assert.Equal(killed.Name, AppHost.Service(resource)?.Name);
        await AppHost.HealthyAsync(resource);
        Assert.Equal(restarts + 1, await RestartsAsync(resource));
    }

    [Fact]
    public async Task Service_stopped_in_the_dashboard_stays_stopped_until_it_is_started()
    {
        const string Stopped = "roomhost-2";
        var restarts = await RestartsAsync(Stopped);
        // Paused, it does not react to SIGTERM: the orchestrator kills it, which looks like a crash.
        AppHost.Service(Stopped)!.Pause();
        Assert.True((await AppHost.ExecuteAsync(Stopped, KnownResourceCommands.StopCommand)).Success);
        await Eventually.Async(
            () => AppHost.Resource(Stopped).State?.Text,
            state => KnownResourceStates.TerminalStates.Contains(state),
            RunningAppHost.Timeout);

        // Another service crashes and comes back: in the meantime the stopped one would have been restarted too.
        await AppHost.CrashAsync("loadbalancer-2");

        Assert.Null(AppHost.Service(Stopped));
        Assert.Equal(restarts, await RestartsAsync(Stopped));
        Assert.True((await AppHost.ExecuteAsync(Stopped, KnownResourceCommands.StartCommand)).Success);
        await AppHost.HealthyAsync(Stopped);
    }

    [Fact]
    public async Task A_service_with_an_invalid_setting_ends_with_exit_code_1_and_is_not_restarted()
    {
        await AppHost.FinishedAsync(SharedAppHost.InvalidRoomHost);

        // Time for a restart: another service crashes and comes back.
        await AppHost.CrashAsync("loadbalancer-1");
        var ended = AppHost.Resource(SharedAppHost.InvalidRoomHost);
        Assert.Equal((KnownResourceStates.Finished, 1), (ended.State?.Text, ended.ExitCode));
        Assert.Null(AppHost.Service(SharedAppHost.InvalidRoomHost));
        var log = await AppHost.LogAsync(SharedAppHost.InvalidRoomHost);
        Assert.Contains("MAX_ROOMS", log, StringComparison.Ordinal);
        Assert.DoesNotContain("restarting", log, StringComparison.Ordinal);
        // The deployment does not become ready, and the console of the AppHost says why.
        Assert.Contains(
            $"{SharedAppHost.InvalidRoomHost} could not start and is not started again: its log in the dashboard states the reason.",
            AppHost.Log);
    }

    /// <summary>How often the log of a resource reports a restart after a signal: other tests end processes too.</summary>
    private async Task<int> RestartsAsync(string resource) =>
        (await AppHost.LogAsync(resource)).Split($"{resource} crashed (signal); restarting in ").Length - 1;
}
