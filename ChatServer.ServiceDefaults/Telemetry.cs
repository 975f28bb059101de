using ChatServer.Contracts;
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
/// Traces, metrics and logs over OTLP. Everything else about the exporter (protocol, headers, sampling, resource) is set by
/// OpenTelemetry's own <c>OTEL_*</c> variables. The Backplane adds the spans of Redis commands.
/// </summary>
public static class Telemetry
{
    /// <summary>Every <c>ActivitySource</c> and <c>Meter</c> of ChatServer is named after its project.</summary>
    private const string SourceNamePattern = "ChatServer.*";

    /// <summary>
    /// Does nothing without <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>. The template collects in any case, without exporting; that would cost an
    /// activity per request and some megabytes in a RoomHost. Meters without a listener cost nothing.
    /// </summary>
    public static TBuilder ConfigureOpenTelemetry<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        if (ServerSettings.OtlpEndpoint.Read(key => builder.Configuration[key]) is not null)
            Export(builder);
        return builder;
    }

    // A separate method: a process without telemetry does not load OpenTelemetry.
    private static void Export(IHostApplicationBuilder builder)
    {
        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = true;
            logs.IncludeScopes = true;
        });
        builder.Services.AddOpenTelemetry()
            // The last source applies: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, which Aspire and operators set, replace the name
            // of the assembly.
            .ConfigureResource(resource => resource
                .AddService(builder.Environment.ApplicationName, serviceVersion: AppInfo.CurrentVersion)
                .AddEnvironmentVariableDetector())
            .WithTracing(traces => traces
                .AddSource(SourceNamePattern)
                .AddAspNetCoreInstrumentation(aspnet => aspnet.Filter = IsTraced)
                .AddHttpClientInstrumentation())
            .WithMetrics(metrics => metrics
                .AddMeter(SourceNamePattern)
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation())
            .UseOtlpExporter();
    }

    /// <summary>Health probes arrive every few seconds from several monitors and would outnumber all other traces.</summary>
    private static bool IsTraced(HttpContext context) =>
        context.Request.Path != Health.ReadyPath && context.Request.Path != Health.AlivePath;
}
