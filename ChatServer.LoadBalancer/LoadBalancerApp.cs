using ChatServer.Backplane;
using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using ChatServer.Web;

namespace ChatServer.LoadBalancer;

/// <summary>
/// The edge: rooms by name, wherever they live now, and everything else to a healthy Api. It keeps nothing that cannot be
/// learnt again: rooms from the directory in Redis, Apis from their heartbeats. So any number of load balancers stand side by side.
/// </summary>
/// <remarks>A class and not the lines of Program.cs, so that a test runs the very same service on a clock of its own.</remarks>
internal static class LoadBalancerApp
{
    /// <summary>The service, ready to run.</summary>
    /// <exception cref="StartupException">A setting is missing or malformed.</exception>
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        var keys = new ApiKeys(builder.Configuration.Read(ServerSettings.LoadBalancerKeys));
        builder.AddServiceDefaults();
        builder.AddWebConventions();
        builder.AddBackplane();
        builder.AddForwarding();
        builder.AddRooms();
        builder.AddApis();
        builder.ListenOn(ServerSettings.LoadBalancerPort);

        var app = builder.Build();
        app.UseProblems();
        app.MapDefaultEndpoints();
        app.UseForwarding();
        app.MapRooms();
        app.MapRegistration(keys);
        app.MapApis();
        return app;
    }
}
