using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace ChatServer.ServiceDefaults;

/// <summary>
/// <c>/health</c> runs every check and tells whether to send traffic here; <c>/alive</c> runs those tagged <c>live</c> and tells
/// whether to restart the process. While Redis is away the first fails and the second does not.
/// </summary>
public static class Health
{
    internal const string ReadyPath = "/health";
    internal const string AlivePath = "/alive";
    private const string LiveTag = "live";

    // Monitors also send HEAD. The template's endpoints accept every method.
    private static readonly HttpMethodMetadata Methods = new([HttpMethods.Get, HttpMethods.Head]);

    /// <summary>
    /// How long a check may take; the template sets no limit. Aspire, Kubernetes and load balancers give up after a few seconds, and a probe
    /// that waits for a dependency does not tell them which one it is.
    /// </summary>
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Adds the check that the process answers, and a time limit to every check.</summary>
    public static TBuilder AddDefaultHealthChecks<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);
        builder.Services.PostConfigure<HealthCheckServiceOptions>(options =>
        {
            foreach (var check in options.Registrations) check.Timeout = CheckTimeout;
        });
        return builder;
    }

    /// <summary>
    /// Maps <c>/health</c> and <c>/alive</c>, in every environment: load balancers and orchestrators poll them in production. The template maps
    /// them in development only, because the answer may tell strangers about the server; ours
    /// contains the checks' names and fixed sentences.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapProbe(ReadyPath, _ => true);
        app.MapProbe(AlivePath, check => check.Tags.Contains(LiveTag));
        return app;
    }

    private static void MapProbe(this WebApplication app, string path, Func<HealthCheckRegistration, bool> predicate) =>
        app.MapHealthChecks(path, new HealthCheckOptions { Predicate = predicate, ResponseWriter = WriteAsync })
            .WithMetadata(Methods)
            .ExcludeFromDescription();

    /// <summary>Writes JSON as the contract defines it: data, or a problem with a code. The template writes one word.</summary>
    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var checks = report.Entries.ToDictionary(entry => entry.Key, entry => DescribeEntry(entry.Value));
        IResult answer = report.Status == HealthStatus.Unhealthy
            ? TypedResults.Problem(
                "At least one check failed.", statusCode: StatusCodes.Status503ServiceUnavailable,
                extensions: new Dictionary<string, object?> { ["code"] = ErrorCodes.NotReady, ["checks"] = checks })
            : TypedResults.Ok(new Data<object>(new { status = "ready", checks }));
        return answer.ExecuteAsync(context);
    }

    private static string DescribeEntry(HealthReportEntry entry) => entry.Status switch
    {
        HealthStatus.Healthy => "ok",
        _ => entry.Description ?? "failed",
    };
}
