using ChatServer.Contracts;
using ChatServer.Metrics;
using ChatServer.Settings;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ChatServer.ServiceDefaults;

/// <summary>
/// Traces, metrics and logs over OTLP, and metrics for Prometheus. Everything else about the OTLP exporter (protocol, headers, sampling,
/// resource) is set by OpenTelemetry's own <c>OTEL_*</c> variables. The Backplane adds the spans of Redis commands.
/// </summary>
public static class Telemetry
{
    /// <summary>Every <c>ActivitySource</c> of ChatServer is named after its project.</summary>
    private const string SourceNamePattern = "ChatServer.*";

    /// <summary>
    /// Does nothing without <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and <c>METRICS_ENDPOINT</c>. The template collects in any case, without
    /// exporting; that would cost an activity per request and some megabytes in a RoomHost. Meters without a listener cost nothing.
    /// </summary>
    public static TBuilder ConfigureOpenTelemetry<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        var isExported = ServerSettings.OtlpEndpoint.Read(key => builder.Configuration[key]) is not null;
        var isScraped = ServerSettings.MetricsEndpoint.Read(key => builder.Configuration[key]);
        if (isExported || isScraped)
            Collect(builder, isExported, isScraped);
        return builder;
    }

    // A separate method: a process without telemetry does not load OpenTelemetry.
    private static void Collect(IHostApplicationBuilder builder, bool isExported, bool isScraped)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            // The last source applies: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, which Aspire and operators set, replace the name
            // of the assembly and the id of the host.
            .ConfigureResource(resource => resource
                .AddService(builder.Environment.ApplicationName, serviceVersion: AppInfo.CurrentVersion)
                .AddDetector(services => new InstanceDetector(services.GetService<ServiceInstance>()))
                .AddEnvironmentVariableDetector())
            .WithMetrics(metrics =>
            {
                metrics
                    .AddMeter(ServerMeter.Name)
                    .AddAspNetCoreInstrumentation()
                    .AddHttpClientInstrumentation()
                    .AddRuntimeInstrumentation();
                if (isScraped)
                    metrics.AddPrometheusExporter();
            });
        if (!isExported)
            return;
        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.IncludeScopes = true;
        });
        telemetry
            .WithTracing(traces => traces
                .AddSource(SourceNamePattern)
                .AddAspNetCoreInstrumentation(aspnet => aspnet.Filter = IsTraced)
                .AddHttpClientInstrumentation())
            .UseOtlpExporter();
    }

    /// <summary>Probes arrive every few seconds from several monitors and would outnumber all other traces.</summary>
    private static bool IsTraced(HttpContext context) =>
        context.Request.Path != Health.ReadyPath && context.Request.Path != Health.AlivePath
        && context.Request.Path != MetricsEndpoint.Path;

    private sealed class InstanceDetector(ServiceInstance? instance) : IResourceDetector
    {
        public Resource Detect() => instance is null ? Resource.Empty : new Resource([new("service.instance.id", instance.Id)]);
    }
}
