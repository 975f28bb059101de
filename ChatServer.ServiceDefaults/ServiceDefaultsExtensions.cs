using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ChatServer.ServiceDefaults;

/// <summary>
/// Aspire's service defaults. Each method has the name of Aspire's template (<c>dotnet new aspire-servicedefaults</c>); comments state the
/// reason of each deviation.
/// </summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Logs, telemetry, health checks, the line that reports the start, and notifications for systemd.</summary>
    /// <remarks>
    /// The defaults for outgoing HTTP are separate, <see cref="HttpClients.AddHttpClientDefaults"/>: only the Api sends requests through an
    /// <c>HttpClient</c>. A RoomHost or Admin must not (see ReferenceRules).
    /// </remarks>
    public static TBuilder AddServiceDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.AddConsoleLogs();
        builder.ConfigureOpenTelemetry();
        builder.AddDefaultHealthChecks();
        builder.Services.AddHostedService<StartReport>();
        builder.AddSystemdNotifications();
        return builder;
    }
}
