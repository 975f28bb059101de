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
/// <c>/health</c> runs all checks and reports whether the process accepts traffic; <c>/alive</c> runs the checks with the tag <c>live</c>
/// and reports whether the process must be restarted. If Redis is unavailable, the first fails and the second succeeds.
/// </summary>
public static class Health
{
    internal const string ReadyPath = "/health";
    internal const string AlivePath = "/alive";
    internal const string LiveTag = "live";

    // Monitors also send HEAD. The template's endpoints accept every method.
    private static readonly HttpMethodMetadata Methods = new([HttpMethods.Get, HttpMethods.Head]);

    /// <summary>
    /// Time limit of a check; the template sets none. Aspire, Kubernetes and load balancers abandon a probe after a few seconds, and then
    /// do not learn which dependency failed.
    /// </summary>
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Adds a check that succeeds while the process responds, and a time limit to every check.</summary>
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
    /// Maps <c>/health</c> and <c>/alive</c> in every environment: load balancers and orchestrators poll them in production. The template
    /// maps them in development only, because a response can reveal details of the server. These responses contain names of checks and
    /// fixed sentences. <c>/metrics</c> is mapped if it is switched on.
    /// </summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        app.MapProbe(ReadyPath, _ => true);
        app.MapProbe(AlivePath, check => check.Tags.Contains(LiveTag));
        app.MapMetrics();
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
