using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatServer.ServiceDefaults;

/// <summary>
/// Development: one readable line an entry, Information and up. Elsewhere: one JSON object an entry on stdout, Critical
/// alone, so that a busy service spends nothing on logs and what it does say matters.
/// </summary>
internal static class ConsoleLogs
{
    /// <summary>
    /// The levels are defaults: they are put under every other source of configuration, so that
    /// <c>Logging__LogLevel__Default=Information</c> raises them. What goes to a collector starts at Information, because
    /// that is stored elsewhere and asked for on purpose.
    /// </summary>
    public static void AddConsoleLogs(this IHostApplicationBuilder builder)
    {
        var development = builder.Environment.IsDevelopment();
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:LogLevel:Default"] = development ? "Information" : "Critical",
                ["Logging:LogLevel:Microsoft.AspNetCore"] = development ? "Warning" : "Critical",
                ["Logging:LogLevel:System.Net.Http.HttpClient"] = development ? "Warning" : "Critical",
                // Below that, two lines a request, with the query, in which members' sessions are.
                ["Logging:LogLevel:Yarp"] = development ? "Warning" : "Critical",
                // A service that starts is not ready yet, and says so to whoever asks; that is no failure to log.
                ["Logging:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "Critical",
                ["Logging:OpenTelemetry:LogLevel:Default"] = "Information",
                ["Logging:OpenTelemetry:LogLevel:Microsoft.Extensions.Diagnostics.HealthChecks"] = "Critical",
                ["Logging:OpenTelemetry:LogLevel:Microsoft.AspNetCore"] = "Warning",
                ["Logging:OpenTelemetry:LogLevel:System.Net.Http.HttpClient"] = "Warning",
                ["Logging:OpenTelemetry:LogLevel:Yarp"] = "Warning",
            },
        });

        builder.Logging.ClearProviders();
        if (development)
        {
            builder.Logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
            });
            return;
        }

        builder.Logging.AddJsonConsole(console =>
        {
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            console.IncludeScopes = true;
        });
    }
}
