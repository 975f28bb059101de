using ChatServer.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ChatServer.ServiceDefaults;

/// <summary><c>/metrics</c>: the metrics of the process in the format of Prometheus.</summary>
internal static class MetricsEndpoint
{
    internal const string Path = "/metrics";

    /// <summary>
    /// Maps the endpoint if <c>METRICS_ENDPOINT</c> is set. It requires no key: the port must be reachable for the monitoring only, or the
    /// proxy in front of it refuses the path.
    /// </summary>
    public static void MapMetrics(this WebApplication app)
    {
        if (ServerSettings.MetricsEndpoint.Read(key => app.Configuration[key]))
            Map(app);
    }

    // A separate method: a process without telemetry does not load OpenTelemetry.
    private static void Map(WebApplication app)
    {
        // Created at the first scrape: earlier, it would start the collection before the process has started, and count a JIT warm-up.
        var scrape = new Lazy<RequestDelegate>(
            () => ((IApplicationBuilder)app).New().UseOpenTelemetryPrometheusScrapingEndpoint(Path).Build());
        app.MapGet(Path, context => scrape.Value(context)).ExcludeFromDescription();
    }
}
