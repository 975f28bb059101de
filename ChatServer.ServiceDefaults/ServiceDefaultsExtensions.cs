using Microsoft.AspNetCore.Builder;

namespace ChatServer.ServiceDefaults;

/// <summary>What every process of ChatServer has in common, in two calls.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Logs, telemetry and health checks.</summary>
    public static void AddServiceDefaults(this WebApplicationBuilder builder)
    {
        builder.AddConsoleLogs();
        builder.AddTelemetry();
        builder.AddHealth();
    }

    /// <summary>Maps <c>/health</c> (ready) and <c>/alive</c> (the process lives).</summary>
    public static void MapDefaultEndpoints(this WebApplication app) => app.MapHealth();
}
