using System.Text.Json;
using System.Text.Json.Serialization;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.ServiceDefaults;

/// <summary>What every process of ChatServer has in common, in two calls.</summary>
public static class ServiceDefaultsExtensions
{
    /// <summary>Logs, telemetry, health checks, problem details and strict JSON bodies.</summary>
    public static void AddServiceDefaults(this WebApplicationBuilder builder)
    {
        builder.AddConsoleLogs();
        builder.AddTelemetry();
        builder.AddHealth();
        builder.AddProblems();
        builder.Services.ConfigureHttpJsonOptions(options => BeStrict(options.SerializerOptions));
    }

    /// <summary>
    /// Maps <c>/health</c> (ready) and <c>/alive</c> (the process lives), and turns every error that leaves the
    /// endpoints without a body into a problem. Call it before other middleware, which it then covers.
    /// </summary>
    public static void MapDefaultEndpoints(this WebApplication app)
    {
        app.UseProblems();
        app.MapHealth();
    }

    /// <summary>The contract's JSON, and a misspelt member is an error: what a caller asked for either happens or is refused.</summary>
    private static void BeStrict(JsonSerializerOptions options)
    {
        ContractJson.Configure(options);
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = true;
    }
}
