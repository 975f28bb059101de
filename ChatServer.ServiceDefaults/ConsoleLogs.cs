using ChatServer.Settings;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChatServer.ServiceDefaults;

/// <summary>
/// Development: one readable line per entry, from level Information. Other environments: one JSON object per entry on stdout, level
/// Critical only, so that logging costs a busy service nothing; in addition unhandled exceptions and <see cref="OperatorLog"/>. A crash is
/// one entry too.
/// </summary>
internal static class ConsoleLogs
{
    /// <summary>Of an entry in JSON; in UTC.</summary>
    internal const string TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>
    /// The levels are defaults with a lower precedence than all other sources of configuration:
    /// <c>Logging__LogLevel__Default=Information</c> overrides them. A collector gets entries from level Information.
    /// </summary>
    public static void AddConsoleLogs(this IHostApplicationBuilder builder)
    {
        var development = builder.Environment.IsDevelopment();
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:LogLevel:Default"] = development ? "Information" : "Critical",
                // What an operator must act on is visible everywhere, and the start.
                [$"Logging:LogLevel:{OperatorLog.Category}"] = "Information",
                // Unhandled exceptions: the response refers to the log.
                ["Logging:LogLevel:Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware"] = "Error",
                ["Logging:LogLevel:Microsoft.AspNetCore"] = development ? "Warning" : "Critical",
                ["Logging:LogLevel:System.Net.Http.HttpClient"] = development ? "Warning" : "Critical",
                // Lower levels log two lines per request with its query, which contains the member's session.
                ["Logging:LogLevel:Yarp"] = development ? "Warning" : "Critical",
                // A service that starts is not ready, which its health endpoint reports. It is not a failure.
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

        CrashLog.Install();
        builder.Logging.AddJsonConsole(console =>
        {
            console.UseUtcTimestamp = true;
            console.TimestampFormat = TimestampFormat;
            console.IncludeScopes = true;
        });
    }
}
