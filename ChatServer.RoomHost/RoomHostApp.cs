using ChatServer.Backplane;
using ChatServer.Backplane.Audit;
using ChatServer.RoomHost.Hosting;
using ChatServer.ServiceDefaults;
using ChatServer.Settings;
using ChatServer.Web;

namespace ChatServer.RoomHost;

/// <summary>The RoomHost as a web application: a port for each room, and a port of its own for health.</summary>
/// <remarks>Separate from Program.cs so that a test can run the same service in its process.</remarks>
internal static class RoomHostApp
{
    // To the port for health checks. They are within the descriptors that the rooms leave.
    private const int MaxHealthConnections = 100;

    /// <summary>Builds the service, ready to run.</summary>
    /// <exception cref="StartupException">A setting is missing or invalid.</exception>
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        builder.AddWebConventions();
        builder.AddBackplane();
        builder.AddAuditLog();
        builder.ListenOn(ServerSettings.RoomHostPort, MaxHealthConnections);
        builder.AddRooms(); // last: the time limits of a handshake are shorter

        var app = builder.Build();
        app.UseRequestLimits();
        app.MapRooms();
        app.UseProblems();
        app.MapDefaultEndpoints();
        return app;
    }
}
