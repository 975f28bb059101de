using ChatServer.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.AppHost;

/// <summary>Writes the addresses of the deployment once it is ready.</summary>
internal static class Welcome
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(0.25);

    /// <summary>Runs until Ctrl+C or SIGTERM, and writes the addresses when all health checks of the resources succeed.</summary>
    public static async Task RunAndWelcomeAsync(this DistributedApplication app, AppHostSettings settings)
    {
        using var ended = new CancellationTokenSource();
        var running = app.RunAsync();
        var ready = ReadyAsync(app.Services.GetRequiredService<HealthCheckService>(), ended.Token);
        if (await Task.WhenAny(running, ready) == ready && ready.IsCompletedSuccessfully)
            Console.WriteLine(Text(settings));
        try
        {
            await running;
        }
        finally
        {
            await ended.CancelAsync();
            await ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The checks are those of the dashboard. Aspire itself runs them after 1, 2, 3 … seconds, so it reports readiness up to 3 s late.
    private static async Task ReadyAsync(HealthCheckService health, CancellationToken ct)
    {
        while ((await health.CheckHealthAsync(ct)).Status != HealthStatus.Healthy) await Task.Delay(PollInterval, ct);
    }

    private static string Text(AppHostSettings settings)
    {
        var host = settings.LocalHost;
        var api = $"http://{host}:{settings.ApiPort}";
        var chat = settings.LoadBalancerPorts.Count > 0 ? $"http://{host}:{settings.LoadBalancerPorts[0]}" : api;
        return $"""

            ChatServer is ready.

              Chat            {chat}/
              Api             {api}/api/v1/    (documentation: {api}/docs)
              Admin           http://{host}:{settings.AdminPort}/    (documentation: http://{host}:{settings.AdminPort}/docs)
              Load balancers  {string.Join("  ", settings.LoadBalancerPorts.Select(port => $"http://{host}:{port}"))}
              Room ports      {settings[ServerSettings.RoomPorts]}
              Dashboard       {settings.DashboardLogin ?? "disabled"}

            Try it:

              curl -X POST -H "X-API-Key: {Key(settings)}" {api}/api/v1/room/lobby

            Ctrl+C stops everything.

            """;
    }

    // The development value is public; a key that an operator chose does not belong in a terminal.
    private static string Key(AppHostSettings settings) => settings.HasDevelopmentKey ? settings[ServerSettings.ApiKeys]! : "$KEY";
}
