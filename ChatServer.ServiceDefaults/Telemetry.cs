using Microsoft.AspNetCore.Builder;
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
/// Traces, metrics and logs over OTLP. Everything else about the exporter (protocol, headers, sampling, resource) is set by
/// OpenTelemetry's own <c>OTEL_*</c> variables.
/// </summary>
internal static class Telemetry
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Every <c>ActivitySource</c> and <c>Meter</c> of ChatServer is named after its project, so this finds them all.</summary>
    private const string OurSources = "ChatServer.*";

    /// <summary>
    /// Does nothing without <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>: an activity that nobody collects would still cost each request
    /// its allocation. Meters without a listener are free, so code that counts need not ask.
    /// </summary>
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        if (!string.IsNullOrWhiteSpace(builder.Configuration[EndpointVariable]))
            builder.Export();
    }

    // Apart, so that a process without telemetry does not even load OpenTelemetry.
    private static void Export(this WebApplicationBuilder builder)
    {
        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.IncludeScopes = true;
        });
        builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(builder.Environment.ApplicationName))
            .WithTracing(traces => traces
                .AddSource(OurSources)
                .AddAspNetCoreInstrumentation(aspnet => aspnet.Filter = IsNotAProbe)
                .AddHttpClientInstrumentation())
            .WithMetrics(metrics => metrics
                .AddMeter(OurSources)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation())
            .UseOtlpExporter();
    }

    /// <summary>Health probes come every few seconds from every side and would bury the traces that somebody looks for.</summary>
    private static bool IsNotAProbe(HttpContext context) =>
        context.Request.Path != Health.ReadyPath && context.Request.Path != Health.AlivePath;
}
