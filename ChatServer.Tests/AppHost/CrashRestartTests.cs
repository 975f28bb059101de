using Aspire.Hosting.ApplicationModel;
using ChatServer.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Tests.AppHost;

/// <summary>Aspire leaves a crashed project stopped; the AppHost starts it again.</summary>
[Collection(AppHostCollection.Name)]
public sealed class CrashRestartTests(CrashRestartTests.Crashing crashing) : IClassFixture<CrashRestartTests.Crashing>
{
    private TestingAppHost AppHost => crashing.AppHost;

    [Theory]
    [InlineData("redis-server")]
    [InlineData("roomhost-1")]
    [InlineData("loadbalancer-1")]
    [InlineData("api")]
    [InlineData("admin")]
    public async Task A_killed_service_runs_again_and_its_log_says_so(string resource)
    {
        var killed = await AppHost.CrashAsync(resource);

        Assert.Equal(killed.Name, AppHost.Service(resource)?.Name);
        await AppHost.HealthyAsync(resource);
        Assert.Contains($"{resource} crashed (signal); restarting in ", await LogAsync(resource), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_a_user_stops_in_the_dashboard_stays_stopped_until_it_is_started()
    {
        const string Stopped = "roomhost-2";
        // Paused, it does not react to SIGTERM: the orchestrator kills it, which looks like a crash.
        AppHost.Service(Stopped)!.Pause();
        Assert.True((await AppHost.ExecuteAsync(Stopped, KnownResourceCommands.StopCommand)).Success);
        await Eventually.Async(
            () => AppHost.Resource(Stopped).State?.Text, state => KnownResourceStates.TerminalStates.Contains(state), RunningAppHost.Patience);

        // Another service crashes and comes back: in the meantime the stopped one would have been restarted too.
        await AppHost.CrashAsync("loadbalancer-2");

        Assert.Null(AppHost.Service(Stopped));
        Assert.DoesNotContain("restarting", await LogAsync(Stopped), StringComparison.Ordinal);
        Assert.True((await AppHost.ExecuteAsync(Stopped, KnownResourceCommands.StartCommand)).Success);
        await AppHost.HealthyAsync(Stopped);
    }

    [Fact]
    public async Task A_service_with_an_invalid_setting_ends_with_exit_code_1_and_is_not_restarted()
    {
        await using var appHost = await TestingAppHost.LaunchAsync(("MAX_ROOMS", "none"));

        foreach (var roomHost in (string[])["roomhost-1", "roomhost-2"])
            await appHost.FinishedAsync(roomHost);

        // Time for a restart: another service crashes and comes back.
        await appHost.CrashAsync("loadbalancer-1");
        var ended = appHost.Resource("roomhost-1");
        Assert.Equal((KnownResourceStates.Finished, 1), (ended.State?.Text, ended.ExitCode));
        Assert.DoesNotContain(appHost.Services(), service => service.Name == "ChatServer.RoomHost");
    }

    // What the console log of the resource shows in the dashboard.
    private async Task<string> LogAsync(string resource)
    {
        Assert.True(AppHost.Application.ResourceNotifications.TryGetCurrentState(resource, out var current));
        var lines = new List<string>();
        var logs = AppHost.Application.Services.GetRequiredService<ResourceLoggerService>();
        await foreach (var batch in logs.GetAllAsync(current.ResourceId))
            lines.AddRange(batch.Select(line => line.Content));
        return string.Join('\n', lines);
    }

    public sealed class Crashing : IAsyncLifetime
    {
        public TestingAppHost AppHost { get; private set; } = null!;

        public async ValueTask InitializeAsync() => AppHost = await TestingAppHost.StartAsync();

        public ValueTask DisposeAsync() => AppHost.DisposeAsync();
    }
}
