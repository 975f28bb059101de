namespace ChatServer.AppHost;

/// <summary>Tells where everything is, once it is there.</summary>
internal static class Welcome
{
    /// <summary>Runs until Ctrl+C or SIGTERM, and writes the addresses when all of <paramref name="services"/> are healthy.</summary>
    public static async Task RunAndWelcomeAsync(
        this DistributedApplication app, Settings settings, IReadOnlyList<IResourceBuilder<ProjectResource>> services)
    {
        var running = app.RunAsync();
        var ready = Task.WhenAll(services.Select(service => app.ResourceNotifications.WaitForResourceHealthyAsync(service.Resource.Name)));
        if (await Task.WhenAny(running, ready) == ready && ready.IsCompletedSuccessfully)
            Console.WriteLine(Text(settings));
        await running;
    }

    private static string Text(Settings settings)
    {
        var host = settings.LocalHost;
        var api = $"http://{host}:{settings.ApiPort}";
        var entrance = settings.LoadBalancerPorts.Count > 0 ? $"http://{host}:{settings.LoadBalancerPorts[0]}" : api;
        return $"""

            ChatServer is ready.

              Chat            {entrance}/
              Api             {api}/api/v1/    (described at {api}/docs)
              Admin           http://{host}:{settings.AdminPort}/    (described at http://{host}:{settings.AdminPort}/docs)
              Load balancers  {string.Join("  ", settings.LoadBalancerPorts.Select(port => $"http://{host}:{port}"))}
              Room ports      {settings["ROOM_PORTS"] ?? "34000-65535"}
              Dashboard       {settings.Dashboard}

            Try it:

              curl -X POST -H "X-API-Key: {Key(settings)}" {api}/api/v1/room/lobby

            Ctrl+C stops everything.

            """;
    }

    // The development value may be shown to anyone; a key that somebody chose is not for a terminal's history.
    private static string Key(Settings settings) => settings.HasDevelopmentKey ? settings["KEY"]! : "$KEY";
}
