using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace ChatServer.ServiceDefaults;

/// <summary>
/// <c>/health</c> runs every check and says whether to send traffic here; <c>/alive</c> runs those tagged <c>live</c> and says
/// whether to restart the process. Redis being away must fail the first and never the second.
/// </summary>
internal static class Health
{
    public const string ReadyPath = "/health";
    public const string AlivePath = "/alive";
    private const string LiveTag = "live";

    // Monitors ask with HEAD.
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// How long a check may take. A probe that hangs with its dependency is worse than one that says no: Aspire, Kubernetes
    /// and load balancers give up after a few seconds themselves.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static void AddHealth(this WebApplicationBuilder builder) =>
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        // Plain request delegates: handlers whose parameters ASP.NET fills in would bring two megabytes of expression trees into a
        // RoomHost, which has no other endpoint.
        app.MapMethods(ReadyPath, Methods, context => ProbeAsync(context, _ => true)).ExcludeFromDescription();
        app.MapMethods(AlivePath, Methods, context => ProbeAsync(context, check => check.Tags.Contains(LiveTag))).ExcludeFromDescription();
    }

    private static async Task ProbeAsync(HttpContext context, Func<HealthCheckRegistration, bool> which)
    {
        var health = context.RequestServices.GetRequiredService<HealthCheckService>();
        var report = await health.CheckHealthAsync(check => { check.Timeout = Patience; return which(check); }, context.RequestAborted);
        var checks = report.Entries.ToDictionary(entry => entry.Key, entry => Verdict(entry.Value));
        IResult answer = report.Status == HealthStatus.Unhealthy
            ? TypedResults.Problem(
                "At least one check failed.", statusCode: StatusCodes.Status503ServiceUnavailable,
                extensions: new Dictionary<string, object?> { ["code"] = ErrorCodes.NotReady, ["checks"] = checks })
            : TypedResults.Ok(new Data<object>(new { status = "ready", checks }));
        await answer.ExecuteAsync(context);
    }

    private static string Verdict(HealthReportEntry entry) => entry.Status switch
    {
        HealthStatus.Healthy => "ok",
        _ => entry.Description ?? "failed",
    };
}
