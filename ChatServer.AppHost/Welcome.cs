namespace ChatServer.AppHost;

/// <summary>Writes the addresses of the deployment once it is ready.</summary>
internal static class Welcome
{
    /// <summary>Runs until Ctrl+C or SIGTERM, and writes the addresses when all of <paramref name="services"/> are healthy.</summary>
    public static async Task RunAndWelcomeAsync(
        this DistributedApplication app, AppHostSettings settings, IReadOnlyList<IResourceBuilder<ProjectResource>> services)
    {
        var running = app.RunAsync();
        var ready = Task.WhenAll(services.Select(service => app.ResourceNotifications.WaitForResourceHealthyAsync(service.Resource.Name)));
        if (await Task.WhenAny(running, ready) == ready && ready.IsCompletedSuccessfully)
            Console.WriteLine(Text(settings));
        await running;
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
              Room ports      {settings["ROOM_PORTS"]}
              Dashboard       {settings.DashboardLogin ?? "disabled"}

            Try it:

              curl -X POST -H "X-API-Key: {Key(settings)}" {api}/api/v1/room/lobby

            Ctrl+C stops everything.

            """;
    }

    // The development value is public; a key that an operator chose does not belong in a terminal.
    private static string Key(AppHostSettings settings) => settings.HasDevelopmentKey ? settings["KEY"]! : "$KEY";
}
