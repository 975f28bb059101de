using ChatServer.Backplane;
using ChatServer.LoadBalancer.Apis;
using ChatServer.LoadBalancer.Edge;
using ChatServer.LoadBalancer.Forwarding;
using ChatServer.LoadBalancer.Rooms;
using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using ChatServer.Web;

namespace ChatServer.LoadBalancer;

/// <summary>
/// Forwards requests for a room to its current host, and all other requests to a healthy Api. It has no state of its own: rooms are in the
/// directory in Redis, and Apis register with heartbeats. Any number of load balancers can run.
/// </summary>
/// <remarks>Not in Program.cs, because tests run the same service with their own clock.</remarks>
internal static class LoadBalancerApp
{
    /// <summary>The service, ready to run.</summary>
    /// <exception cref="StartupException">A setting is missing or invalid.</exception>
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
        app.UseKnownHosts(new KnownHosts(app.Configuration));
        app.MapDefaultEndpoints();
        app.UseForwarding();
        app.MapRooms();
        app.MapRegistration(keys);
        app.MapApis();
        return app;
    }

    /// <summary>Runs the JIT warm-up, and then the service until the process stops.</summary>
    public static async Task RunLoadBalancerAsync(this WebApplication app)
    {
        await app.Services.GetRequiredService<JitWarmup>().TryRunAsync();
        await app.RunAsync();
    }
}
